"""Words that frame an address everywhere in China: provinces, cities, zones with nicknames, surnames, plain words."""

import re
from functools import cache

_PROVINCES = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 "
    "台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门"
)
_CITIES = (
    "北京 天津 上海 重庆 石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁 "
    "呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 葫芦岛 长春 吉林 四平 "
    "辽源 通化 白山 松原 白城 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 南京 无锡 徐州 常州 苏州 南通 "
    "连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 "
    "安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 "
    "宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 "
    "焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 仙桃 潜江 "
    "天门 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 "
    "汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 海口 三亚 成都 "
    "自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 贵阳 六盘水 遵义 安顺 毕节 铜仁 昆明 曲靖 玉溪 "
    "保山 昭通 丽江 普洱 临沧 拉萨 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 "
    "定西 陇南 西宁 银川 石嘴山 吴忠 固原 中卫 乌鲁木齐 克拉玛依"
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝"
    "孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷"
)

# Development zones overlap the administrative districts: a conflict with one of them says little.
ZONES: dict[str, tuple[str, ...]] = {
    "东湖高新区": ("东湖高新", "东湖新技术开发区", "东湖新技术", "东湖开发区", "高新区", "光谷"),
    "经济技术开发区": ("武汉经济技术开发区", "武汉开发区", "武汉经开区", "经开区", "沌口开发区", "沌口"),
}
_ZONE_WORD = re.compile(r"开发区|高新|新区|园区|风景区|化工区|管委会|经开")

PREFIX = re.compile(
    r"(?:患者)?(?:现住址?|现居住?于?|家住|家庭住址|家庭地址|户籍地?址?|住址|居住地址?|居住于|地址|联系地址|住)(?:在|于|为|是)?"
)
PLAIN_WORDS = [
    "附近",
    "旁边",
    "对面",
    "隔离在家",
    "居家隔离",
    "自建房",
    "自建",
    "租住",
    "出租屋",
    "联系电话",
    "电话",
    "手机号",
    "手机",
    "身份证号",
    "身份证",
    "联系方式",
    "住宅",
    "高层",
    "中层",
    "低层",
    "临时",
    "北门",
    "南门",
    "东门",
    "西门",
    "门口",
    "内",
    "旁",
]


@cache
def provinces() -> frozenset[str]:
    """Names of provinces without 省 or 自治区."""
    return frozenset(_PROVINCES.split())


@cache
def cities() -> frozenset[str]:
    """Names of the cities of prefecture rank and above, without 市."""
    return frozenset(_CITIES.split())


@cache
def region_prefix() -> re.Pattern[str]:
    """A pattern for `province city` at a place in an address; groups `province` and `city`.

    南京西路 and 香港路 are roads: a bare name counts only where no road word follows.
    """
    municipalities = {"北京", "天津", "上海", "重庆"}
    province = "|".join(sorted(provinces() - municipalities, key=len, reverse=True))
    city = "|".join(sorted(cities(), key=len, reverse=True))
    no_road = r"(?![东西南北中]?[\d一二三四五]?(?:路|街|大道|道|巷))"
    return re.compile(
        rf"(?:(?P<province>{province})(?:省|(?:壮族|回族|维吾尔)?自治区|特别行政区|{no_road}))?"
        rf"(?:(?P<city>{city})(?:市|{no_road}))?(?:市辖区)?"
    )


def is_surname(character: str) -> bool:
    """True for the first character of a common family name."""
    return character in _SURNAMES


def is_zone(district: str) -> bool:
    """True for a development zone or another area that overlaps administrative districts."""
    return district in ZONES or bool(_ZONE_WORD.search(district))


def district_spellings(district: str) -> tuple[str, ...]:
    """Every way to write a district: in full, without 区/县/市 where two characters stay, and nicknames of zones."""
    forms = [district, *ZONES.get(district, ())]
    if len(district) >= 3 and district[-1] in "区县市":
        forms.append(district[:-1])
    return tuple(dict.fromkeys(forms))
