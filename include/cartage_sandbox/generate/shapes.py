"""Complete objects with every field of 3dcart-api.md sections 4.2 and 7, and neutral values.

It invents nothing: names, goods and money come from the generator or from the seed.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def order() -> Json:
    """Return an order without people, lines or money."""
    return {
        "InvoiceNumberPrefix": "AB-", "InvoiceNumber": 0, "OrderID": 0, "CustomerID": 0,
        "OrderDate": "", "OrderStatusID": 1, "LastUpdate": "", "UserID": "", "SalesPerson": "",
        "ContinueURL": "", "AlternateOrderID": "", "OrderType": "", "PaymentTokenID": 0,
        "BillingFirstName": "", "BillingLastName": "", "BillingCompany": "", "BillingAddress": "",
        "BillingAddress2": "", "BillingCity": "", "BillingState": "", "BillingZipCode": "",
        "BillingCountry": "US", "BillingPhoneNumber": "", "BillingEmail": "",
        "BillingPaymentMethod": "Online Credit Card", "BillingOnLinePayment": True,
        "BillingPaymentMethodID": "49", "ShipmentList": [], "OrderItemList": [], "PromotionList": [],
        "OrderDiscount": 0.0, "OrderDiscountCoupon": 0.0, "OrderDiscountPromotion": 0.0, "SalesTax": 0.0,
        "SalesTax2": 0.0, "SalesTax3": 0.0, "OrderAmount": 0.0, "AffiliateCommission": 0.0,
        "TransactionList": [], "CardType": "", "CardNumber": "", "CardName": "", "CardExpirationMonth": "",
        "CardExpirationYear": "", "CardIssueNumber": "", "CardStartMonth": "", "CardStartYear": "",
        "CardAddress": "", "CardVerification": "", "RewardPoints": "", "QuestionList": [], "Referer": "",
        "IP": "192.0.2.10", "CustomerComments": "", "InternalComments": "", "ExternalComments": "",
    }  # fmt: skip


def shipment() -> Json:
    """Return a shipment without an address."""
    return {
        "ShipmentID": 0, "ShipmentLastUpdate": "", "ShipmentBoxes": 1, "ShipmentInternalComment": "",
        "ShipmentOrderStatus": 1, "ShipmentAddress": "", "ShipmentAddress2": "", "ShipmentAlias": "",
        "ShipmentCity": "", "ShipmentCompany": "", "ShipmentCost": 0.0, "ShipmentCountry": "US",
        "ShipmentEmail": "", "ShipmentFirstName": "", "ShipmentLastName": "", "ShipmentMethodID": 0,
        "ShipmentMethodName": "", "ShipmentShippedDate": "", "ShipmentPhone": "", "ShipmentState": "",
        "ShipmentZipCode": "", "ShipmentTax": 0.0, "ShipmentWeight": 0.0, "ShipmentTrackingCode": "",
        "ShipmentUserID": "", "ShipmentNumber": 1, "ShipmentAddressTypeID": 0,
    }  # fmt: skip


def item() -> Json:
    """Return an order line without a product."""
    return {
        "CatalogID": 0, "ItemIndexID": 0, "ItemID": "", "ItemShipmentID": 0, "ItemQuantity": 1.0,
        "ItemWarehouseID": 0, "ItemDescription": "", "ItemUnitPrice": 0.0, "ItemWeight": 0.0,
        "ItemOptionPrice": 0.0, "ItemAdditionalField1": "", "ItemAdditionalField2": "",
        "ItemAdditionalField3": "", "ItemPageAdded": "", "ItemAvailability": "", "ItemDateAdded": "",
        "ItemUnitCost": 0.0, "ItemUnitStock": 0.0, "ItemOptions": "", "ItemCatalogIDOptions": "",
        "ItemSerial": "", "ItemImage1": "", "ItemImage2": "", "ItemImage3": "", "ItemImage4": "",
        "ItemWarehouseLocation": "", "ItemWarehouseBin": "", "ItemWarehouseAisle": "",
        "ItemWarehouseCustom": "", "RecurringOrderFrequency": 0,
    }  # fmt: skip


def transaction() -> Json:
    """Return a payment of nothing."""
    return {
        "TransactionIndexID": 0, "OrderID": 0, "TransactionID": "", "TransactionDateTime": "",
        "TransactionType": "Sale", "TransactionMethod": "Online Credit Card", "TransactionAmount": 0.0,
        "TransactionApproval": "", "TransactionReference": "", "TransactionGatewayID": 49,
        "TransactionCVV2": "", "TransactionAVS": "", "TransactionResponseText": "",
        "TransactionResponseCode": "", "TransactionCaptured": 0,
    }  # fmt: skip


def question() -> Json:
    """Return a checkout question without an answer."""
    return {
        "QuestionAnswerIndexID": 0, "OrderID": 0, "QuestionID": 2, "QuestionTitle": "PO number?",
        "QuestionAnswer": "", "QuestionType": "Textbox", "QuestionCheckoutStep": 1, "QuestionSorting": 1,
        "QuestionDiscountGroup": 0,
    }  # fmt: skip


def sku_info() -> Json:
    """Return a product's SKU row."""
    return {
        "CatalogID": 0, "SKU": "", "Name": "", "Cost": 0.0, "Price": 0.0, "Currency": "", "RetailPrice": 0.0,
        "SalePrice": 0.0, "OnSale": False, "Stock": 0.0,
    }  # fmt: skip


def product() -> Json:
    """Return a product without options. Of the real object's many fields it has those of section 7."""
    return {
        "SKUInfo": sku_info(), "MFGID": "", "GTIN": "", "LastUpdate": "", "UserID": None,
        "InventoryControl": -1, "Hide": False, "Weight": 0.0, "WarehouseBin": "", "ExternalIdsList": [],
        "OptionSetList": [], "AdvancedOptionList": [], "AllowAccessCustomerGroupID": None,
        "AllowAccessCustomerGroupName": None,
    }  # fmt: skip


def option() -> Json:
    """Return an option of an option set."""
    return {
        "OptionID": 0, "OptionName": "", "OptionSelected": False, "OptionHide": False, "OptionValue": 0.0,
        "OptionPartNumber": "", "OptionSorting": 0.0, "OptionImagePath": "", "OptionBundleCatalogId": 0,
        "OptionBundleQuantity": 1,
    }  # fmt: skip


def option_set() -> Json:
    """Return an option set without options."""
    return {
        "OptionSetID": 0, "OptionSetName": "", "OptionSorting": 0.0, "OptionRequired": True,
        "OptionType": "Dropdown", "OptionURL": "", "OptionAdditionalInformation": "", "OptionSizeLimit": 0,
        "OptionList": [],
    }  # fmt: skip


def advanced_option() -> Json:
    """Return a combination of options with its own SKU ("Sufix" is the API's spelling)."""
    return {
        "AdvancedOptionCode": "", "AdvancedOptionSufix": "", "AdvancedOptionName": "",
        "AdvancedOptionCost": 0.0, "AdvancedOptionStock": 0, "AdvancedOptionWeight": 0.0,
        "AdvancedOptionPrice": 0.0, "AdvancedOptionGTIN": "",
    }  # fmt: skip
