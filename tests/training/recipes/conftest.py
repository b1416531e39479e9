"""What recipes are tested on."""

from tests.kbqa.sql.conftest import shop, shop_file

__all__ = ["shop", "shop_file"]
