"""Ready-made templates of two well-known gateways, for SMS and for voice.

The signs list what is about the number or the message; whatever is not listed counts as the gateway's own
failure, so a new error code of theirs at worst tries another provider.
"""

from collections.abc import Mapping

from aldaba.backends.delivery.http_template import HttpTemplate, Sign

_TWILIO_HEADERS = {"Authorization": "Basic {basic}"}

TWILIO_SMS = HttpTemplate(
    path="/2010-04-01/Accounts/{user}/Messages.json",
    headers=_TWILIO_HEADERS,
    encoding="form",
    body={"To": "{to}", "From": "{from}", "Body": "{text}"},
    accepted=frozenset({200, 201}),
    id_at=("sid",),
    refused=(
        Sign(
            status=400,
            at=("code",),
            # Invalid number, no permission for the region, opted out, no way from sender to number, not a
            # mobile, text too long, landline: "Error and Warning Dictionary" of their documentation.
            values=frozenset("21211 21217 21265 21408 21610 21612 21614 21617 21635".split()),
        ),
    ),
    throttled=(Sign(status=429), Sign(at=("code",), values=frozenset("14107 20429 21611 30001".split()))),
)

TWILIO_VOICE = HttpTemplate(
    path="/2010-04-01/Accounts/{user}/Calls.json",
    headers=_TWILIO_HEADERS,
    encoding="form",
    body={
        "To": "{to}",
        "From": "{from}",
        "Twiml": '<Response><Say language="{language:xml}" loop="2">{text:xml}</Say></Response>',
    },
    accepted=frozenset({200, 201}),
    id_at=("sid",),
    refused=(
        Sign(
            status=400,
            at=("code",),
            # Number invalid, blocked, unreachable or premium, or its country not permitted.
            values=frozenset("13223 13224 13225 13226 13227 21211 21214 21215 21216 21217".split()),
        ),
    ),
    throttled=(Sign(status=429), Sign(at=("code",), values=frozenset("10004 20429 21220".split()))),
)

_INFOBIP_HEADERS = {"Authorization": "App {secret}", "Accept": "application/json"}
_INFOBIP_STATUS = ("messages", 0, "status")
# They answer 200 for what they refuse too; these are about the account or their own system.
_INFOBIP_OUR_FAULT = Sign(
    at=(*_INFOBIP_STATUS, "name"),
    values=frozenset(
        """REJECTED_FLOODING_FILTER REJECTED_NOT_ENOUGH_CREDITS REJECTED_PREPAID_PACKAGE_EXPIRED
        REJECTED_SYSTEM_ERROR REJECTED_SENDER REJECTED_SOURCE REJECTED_ROUTE_NOT_AVAILABLE""".split()
    ),
)
_INFOBIP_REFUSED = Sign(
    at=(*_INFOBIP_STATUS, "groupName"), values=frozenset({"REJECTED", "UNDELIVERABLE", "EXPIRED"})
)

INFOBIP_SMS = HttpTemplate(
    path="/sms/2/text/advanced",
    headers=_INFOBIP_HEADERS,
    body={"messages": [{"from": "{from}", "destinations": [{"to": "{to:bare}"}], "text": "{text}"}]},
    accepted=frozenset({200}),
    id_at=("messages", 0, "messageId"),
    refused=(_INFOBIP_REFUSED,),
    throttled=(Sign(status=429), _INFOBIP_OUR_FAULT),
)

INFOBIP_VOICE = HttpTemplate(
    path="/tts/3/single",
    headers=_INFOBIP_HEADERS,
    body={"from": "{from:bare}", "to": "{to:bare}", "text": "{text}", "language": "{language}"},
    languages={"es": "es", "en": "en"},
    accepted=frozenset({200}),
    id_at=("messages", 0, "messageId"),
    refused=(_INFOBIP_REFUSED,),
    throttled=(Sign(status=429), _INFOBIP_OUR_FAULT),
)

READY_MADE: Mapping[str, HttpTemplate] = {
    "twilio-sms": TWILIO_SMS,
    "twilio-voice": TWILIO_VOICE,
    "infobip-sms": INFOBIP_SMS,
    "infobip-voice": INFOBIP_VOICE,
}
