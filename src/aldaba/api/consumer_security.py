"""The consumer_security family: body → command, use case, result → body."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aldaba.api.pipeline import Answer
from aldaba.api.refusals import rfc3339
from aldaba.contract import Contract, Language
from aldaba.domain.identifiers import CustomerName
from aldaba.domain.policy import Policy
from aldaba.domain.profile import AccessProfile, Credential, CredentialState
from aldaba.domain.session import CredentialStatus, Factor
from aldaba.domain.standing import lock_kind
from aldaba.service.calls import Call
from aldaba.service.credentials import Credentials, SetCredentials
from aldaba.service.identification import CustomerIdentified, Identification, Identify
from aldaba.service.login import CustomerLoggedIn, LogIn, Login, RiskSignals

_FACTORS: Mapping[int, Factor] = {1: Factor.PIN, 2: Factor.PASSWORD, 3: Factor.BIOMETRIC}
_NOT_AVAILABLE = "-1"
"""How mobile apps say that a value is not available."""


class ConsumerSecurity:
    """One method for each operation of the page."""

    def __init__(
        self,
        contract: Contract,
        identification: Identification,
        login: Login,
        credentials: Credentials,
        policy: Policy,
    ) -> None:
        self._contract = contract
        self._identification = identification
        self._login = login
        self._credentials = credentials
        self._policy = policy

    async def prelogin(self, call: Call, body: Mapping[str, Any]) -> Answer:
        identified = await self._identification.prelogin(
            call,
            Identify(
                login_name=body["encryptedUserId"],
                field="encryptedUserId",
                device_id=body.get("vascoDeviceId"),
                instance_id=body.get("instanceId"),
            ),
        )
        action = str(identified.action.value)
        return Answer(
            self._identity(call, identified)
            | {
                "nextLoginActionCode": identified.action.value,
                "nextLoginActionDescription": self._text(call, "nextLoginAction", action),
            }
        )

    async def validate_credentials(self, call: Call, body: Mapping[str, Any]) -> Answer:
        command = Identify(body["encryptedUserId"], "encryptedUserId", purpose="recovery")
        return Answer(self._identity(call, await self._identification.begin_recovery(call, command)))

    def _identity(self, call: Call, identified: CustomerIdentified) -> dict[str, Any]:
        return {
            "ccsId": identified.ccs_id,
            "encryptedLoginId": identified.login_id,
            "maskedCustomerName": identified.masked_name,
        } | self._mobile_banking(call, identified.registration_status, identified.device_status.value)

    async def login(self, call: Call, body: Mapping[str, Any]) -> Answer:
        given = body["customerCredentials"]
        result = await self._login.log_in(
            call,
            LogIn(
                user_id=given["userId"],
                factor=_FACTORS[given["credentialType"]],
                credential=given["encryptedCredential"],
                vasco_id=body.get("vascoDeviceId"),
                application_device_id=body.get("applicationDeviceId"),
                signals=_signals(body.get("mobileAML", {})),
            ),
        )
        return Answer(self._logged_in(call, result), sid=result.sid)

    def _logged_in(self, call: Call, result: CustomerLoggedIn) -> dict[str, Any]:
        customer, last = result.customer, result.last_login
        kind = customer.type.value
        return {
            "customerName": customer.name,
            "lastChannelId": last.channel if last else "",
            "lastLoginDate": rfc3339(last.at) if last else "",
            "tokenStatus": result.token_status.value,
            "tokenStatusDescription": self._text(call, "tokenStatus", result.token_status.value),
            "customerType": kind,
            "customerTypeDescription": self._text(call, "customerType", str(kind)),
            "credentialStatus": result.credential_status.value,
            "credentialStatusDescription": self._text(
                call, "credentialStatus", result.credential_status.value
            ),
            "termsAndConditionsAcceptedFlag": customer.terms_accepted,
        } | self._mobile_banking(call, customer.registration_status, result.device_status.value)

    async def logout(self, call: Call, body: Mapping[str, Any]) -> Answer:  # noqa: ARG002 - it has no body
        await self._login.log_out(call)
        return Answer(ended=True)

    async def set_credentials(self, call: Call, body: Mapping[str, Any]) -> Answer:
        status = body.get("credentialStatus")
        command = SetCredentials(
            status=None if status is None else CredentialStatus(status.upper()),
            pin=body.get("newEncryptedAccessNumber"),
            password=body.get("newEncryptedAccessCredential"),
        )
        await self._credentials.set(call, command)
        return Answer()

    async def credentials_status(self, call: Call, body: Mapping[str, Any]) -> Answer:
        representative = body.get("legalRepresentativeId")
        name = CustomerName(body["customerId"], None if representative is None else str(int(representative)))
        profile = await self._credentials.status(call, name)
        return Answer(credential_details(profile, call.now, self._policy))

    def _mobile_banking(self, call: Call, registration: str, device: str) -> dict[str, str]:
        return {
            "registrationStatus": registration,
            "registrationStatusDescription": self._text(call, "registrationStatus", registration),
            "mobileBankingDeviceStatus": device,
            "mobileBankingDeviceStatusDescription": self._text(call, "mobileBankingDeviceStatus", device),
        }

    def _text(self, call: Call, kind: str, code: str) -> str:
        language: Language = "en" if call.language == "en" else "es"
        return self._contract.text(f"{kind}.{code}", language)


def _signals(aml: Mapping[str, Any]) -> RiskSignals:
    sim = aml.get("simID")
    return RiskSignals(
        compromised=aml.get("mobileCompromisedIndicator") == 1,
        emulator=aml.get("mobileEmulatorIndicator") == 1,
        sim_id=None if sim == _NOT_AVAILABLE else sim,
    )


def credential_details(profile: AccessProfile, now: datetime, policy: Policy) -> dict[str, Any]:
    """``PinDetail`` and ``PasswordDetail``; dates are days on the bank's calendar, unknown ones left out."""
    details = {}
    for name, label, factor, credential in (
        ("pinDetail", "Pin", Factor.PIN, profile.pin),
        ("passwordDetail", "Password", Factor.PASSWORD, profile.password),
    ):
        lock = lock_kind(profile, factor, now, policy)
        details[name] = {
            f"{label.lower()}Status": _state(profile, credential, label),
            **_days(credential, label, policy.zone),
            **({f"{label.lower()}Locked": lock.value} if lock else {}),
            "changedCount": min(credential.changes, 99),
        }
    return details


def _state(profile: AccessProfile, credential: Credential, label: str) -> str:
    if label == "Pin" and profile.temporary_pin is not None:
        return CredentialState.RESTARTED.value
    return credential.state.value


def _days(credential: Credential, label: str, zone: ZoneInfo) -> dict[str, str]:
    moments = {
        f"last{label}ChangeDate": credential.changed_at,
        "activationDate": credential.activated_at,
        "lastResetDate": credential.reset_at,
        "cancellationDate": credential.cancelled_at,
        "lastInvalidLoginDate": credential.failed_at,
        "lastBlockDate": credential.blocked_at,
        "lastStatusChangeDate": credential.state_changed_at,
        "lastLoginDate": credential.used_at,
    }
    return {name: f"{at.astimezone(zone):%Y-%m-%d}" for name, at in moments.items() if at is not None}
