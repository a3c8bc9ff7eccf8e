"""Products: stock by option SKU, and rebuilt options."""

from __future__ import annotations

from cartage_sandbox.threedcart.data.products import Goods
from cartage_sandbox.threedcart.data.seeds import filled_product


def _goods() -> Goods:
    goods = Goods()
    option = {"AdvancedOptionCode": "4-6", "AdvancedOptionSufix": "O", "AdvancedOptionStock": 1}
    sets = [{"OptionList": [{"OptionID": 4}, {"OptionID": 6}]}]
    given = {"SKUInfo": {"SKU": "A", "Stock": 1.0}, "AdvancedOptionList": [option], "OptionSetList": sets}
    goods.put(filled_product(given, 3, "2026-03-01T00:00:00"))
    return goods


def test_stock_belongs_to_the_option_with_the_sku_or_else_to_the_product() -> None:
    goods = _goods()
    assert goods.add_stock(3, "O", 2.0)
    assert goods.add_stock(3, "A", 5.0)
    assert not goods.add_stock(4, "A", 5.0)
    assert (goods.options(3)[0]["AdvancedOptionStock"], goods.get(3)["SKUInfo"]["Stock"]) == (3, 6.0)


def test_served_json_follows_every_change() -> None:
    goods = _goods()
    before = goods.bodies([3])[0]
    assert goods.bodies([3])[0] is before
    goods.add_stock(3, "A", 1.0)
    assert b'"Stock":2.0' in goods.bodies([3])[0]


def test_a_rebuild_renumbers_options_and_their_codes() -> None:
    goods = _goods()
    codes = goods.rebuild_options(3)
    assert codes == {"4-6": "11-13"}
    assert [each["OptionID"] for each in goods.get(3)["OptionSetList"][0]["OptionList"]] == [11, 13]
    assert goods.rebuild_options(3) != codes
