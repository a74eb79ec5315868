"""What we propose: transparent, dated, reproducible plans. A person decides; nothing here acts."""
