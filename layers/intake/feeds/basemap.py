"""Water, roads and railways under the map, so that no tile is ever fetched."""

from datetime import timedelta

from layers.intake._feed import Column, Feed, Part, codes

FEED = Feed(
    name="basemap",
    title=("底图", "Base map"),
    columns=(
        Column("id", "编号", "text", "number of the shape", "编号", required=True),
        Column(
            "kind",
            "类别",
            "text",
            "water, road or railway",
            "类别",
            required=True,
            codes=codes(water="水域;水系", road="道路", rail="铁路"),
        ),
        Column("name", "名称", "text", "name to print", "名称"),
        Column("geometry", "形状", "geometry", "polygon or line", "面或线", required=True),
    ),
    parts=(Part("basemap", ("id",), {"kind": "kind", "name": "name", "shape": "geometry"}),),
    steward=("市自然资源和规划局", "City planning office"),
    promise=timedelta(days=366),
    retention=None,
)
