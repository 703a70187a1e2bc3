"""Operations and answers of the contract, written by ``sdk/python/generate.py``: change the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from aldaba_client.operation import Operation, SealedField


@dataclass(frozen=True, slots=True)
class PreloginResponse:
    """Answer of prelogin_v1 and prelogin_v2."""

    ccs_id: str | None = None
    """Id of the customer in CCS."""
    login_id: str | None = field(default=None, repr=False)
    """Customer number, opened from encryptedLoginId."""
    masked_customer_name: str | None = None
    """Name with each letter after the initials starred."""
    next_login_action_code: int | None = None
    """Which login variant follows, from e-banking and black-list status; no value table."""
    next_login_action_description: str | None = None
    """Text of nextLoginActionCode."""
    registration_status: str | None = None
    """Registration state under the Banca Movil rules; only "0" is shown."""
    registration_status_description: str | None = None
    """Text of registrationStatus."""
    mobile_banking_device_status: str | None = None
    """Whether the device is the one registered in Banca Movil; only "0" is shown."""
    mobile_banking_device_status_description: str | None = None
    """Text of mobileBankingDeviceStatus."""


@dataclass(frozen=True, slots=True)
class LoginResponse:
    """Answer of login."""

    customer_name: str | None = None
    """Full name."""
    last_channel_id: str | None = None
    """Channel of the previous login, as the backend has it."""
    last_login_date: str | None = None
    """Previous login."""
    token_status: str | None = None
    """State of the netkey (hard or soft token). 6 BASIC: no high-risk transactions.

    56 PRO: high-risk transactions with the hard token; 64 SOFTTOKEN_PRE_ASSIGNED: no high-risk
    transactions; soft token can be reactivated; 66 SOFTTOKEN_ACTIVATED: high-risk transactions with
    the soft token; 63 SOFTTOKEN_DEACTIVATED: no high-risk transactions; soft token can be
    reactivated.
    """
    token_status_description: str | None = None
    """Text of tokenStatus."""
    customer_type: int | None = None
    """Legacy code: two digits service (15 = e-banking), two digits kind of person.

    1506 Moral person: legal entity; 1521 Physical person with enterprise activity: sole trader; 1551
    Physical person: individual.
    """
    customer_type_description: str | None = None
    """Text of customerType."""
    credential_status: str | None = None
    """State of the credential used.

    Decides what the front end must do next. NONE password is fine, nothing to do; NEW temporary PIN
    used, neither PIN nor password exists: create both; RPIN temporary PIN used, both expired: create
    both; ACPWD PIN used, password expired: create the password; CHPWD password used, expired after an
    unlock: create the password.
    """
    credential_status_description: str | None = None
    """Text of credentialStatus."""
    terms_and_conditions_accepted_flag: bool | None = None
    """E-banking terms already accepted."""
    registration_status: str | None = None
    """Registration state under the Banca Movil rules; only "0" is shown."""
    registration_status_description: str | None = None
    """Text of registrationStatus."""
    mobile_banking_device_status: str | None = None
    """Whether the device is the one registered in Banca Movil; only "0" is shown."""
    mobile_banking_device_status_description: str | None = None
    """Text of mobileBankingDeviceStatus."""


@dataclass(frozen=True, slots=True)
class ValidateCredentialsResponse:
    """Answer of validate_credentials."""

    ccs_id: str | None = None
    """Id of the customer in CCS."""
    login_id: str | None = field(default=None, repr=False)
    """Customer number, opened from encryptedLoginId."""
    masked_customer_name: str | None = None
    """Name with each letter after the initials starred."""
    registration_status: str | None = None
    """Registration state under the Banca Movil rules; only "0" is shown."""
    registration_status_description: str | None = None
    """Text of registrationStatus."""
    mobile_banking_device_status: str | None = None
    """Whether the device is the one registered in Banca Movil; only "0" is shown."""
    mobile_banking_device_status_description: str | None = None
    """Text of mobileBankingDeviceStatus."""


@dataclass(frozen=True, slots=True)
class ValidateMobilePhoneResponse:
    """Answer of validate_mobile_phone."""

    best_phone_flag: bool | None = None
    """The number is the best phone on file: registered at a branch, or the one for alerts."""


@dataclass(frozen=True, slots=True)
class PinDetail:
    """State of the PIN."""

    pin_status: str | None = None
    """State of the PIN. A ACTIVE; I INACTIVE; R RESTARTED; O OTHER."""
    last_pin_change_date: date | None = None
    """Last PIN change by the user."""
    activation_date: date | None = None
    """Presumably the activation day; the text repeats lastPinChangeDate."""
    last_reset_date: date | None = None
    """Last PIN reset."""
    cancellation_date: date | None = None
    """Day the PIN was cancelled."""
    last_invalid_login_date: date | None = None
    """Last wrong PIN entry."""
    last_block_date: date | None = None
    """Last block, which follows more than five wrong PIN entries."""
    last_status_change_date: date | None = None
    """Last change of the PIN status."""
    pin_locked: str | None = None
    """Kind of lock on the PIN. D ONE DAY; S UNDEFINED; I PREVENTIVE; O UNEXPECTED VALUE."""
    last_login_date: date | None = None
    """Last day a valid PIN was entered and confirmed by legacy system S045."""
    changed_count: int | None = None
    """Number of PIN changes so far."""


@dataclass(frozen=True, slots=True)
class PasswordDetail:
    """State of the password."""

    password_status: str | None = None
    """State of the password. A ACTIVE; I INACTIVE; R RESTARTED; O OTHER."""
    last_password_change_date: date | None = None
    """Last password change by the user."""
    last_reset_date: date | None = None
    """Last password reset."""
    activation_date: date | None = None
    """Presumably the activation day; the text repeats lastResetDate."""
    cancellation_date: date | None = None
    """Day the password was cancelled."""
    last_invalid_login_date: date | None = None
    """Last wrong password entry."""
    last_block_date: date | None = None
    """Last block, which follows more than five wrong password entries."""
    last_status_change_date: date | None = None
    """Last change of the password status."""
    password_locked: str | None = None
    """Kind of lock on the password. D ONE DAY; S UNDEFINED; I PREVENTIVE; O UNEXPECTED VALUE."""
    last_login_date: date | None = None
    """Last day a valid password was entered and confirmed by legacy system S045."""
    changed_count: int | None = None
    """Number of password changes so far."""


@dataclass(frozen=True, slots=True)
class CredentialsStatusResponse:
    """Answer of credentials_status."""

    pin_detail: PinDetail | None = None
    """State of the PIN."""
    password_detail: PasswordDetail | None = None
    """State of the password."""


@dataclass(frozen=True, slots=True)
class RetrieveChallengeResponse:
    """Answer of retrieve_challenge."""

    challenge_question: str
    """Challenge issued by the SPA service."""


@dataclass(frozen=True, slots=True)
class ValidateChallengeResponse:
    """Answer of validate_challenge."""

    response_message: str | None = None
    """Text of the success."""


@dataclass(frozen=True, slots=True)
class ValidateTransmitCustomerResponse:
    """Answer of validate_transmit_customer."""

    customer_id: str | None = None
    """Customer asked about."""
    transmit_token_enabled_flag: bool | None = None
    """True when the customer is a Transmit customer."""


@dataclass(frozen=True, slots=True)
class CertifiedPhoneResponse:
    """Answer of certified_phone."""

    phone_country_code: str
    """International dialling prefix."""
    phone_number: str
    """Certified number, in clear."""


@dataclass(frozen=True, slots=True)
class PublicKeyResponse:
    """Answer of retrieve_public_key."""

    key_id: str
    """Name of the key, to be repeated in the exchange."""
    modulus: str
    """RSA modulus (cut short in this example)."""
    exponent: str
    """RSA public exponent."""
    signed_key: str
    """Compact JWS over the key by the server's E2E root key."""


@dataclass(frozen=True, slots=True)
class KeyExchangeResponse:
    """Answer of exchange_keys."""

    expires_in: int
    """Seconds these keys can still be used."""


@dataclass(frozen=True, slots=True)
class MobileAml:
    """Device data for the Mexican AML checks.

    Only sent by a mobile app that embeds an AML engine (CMAMT or the like).
    """

    ip_address: str | None = None
    """Client IP address."""
    rsa_version: str | None = None
    """RSA version that produced the data."""
    query_time: str | None = None
    """Phone clock when the request was launched."""
    rsa_device_id: str | None = None
    """Device id from the RSA SDK; "-1" when unavailable."""
    sim_id: str | None = None
    """SIM id; "-1" when unavailable."""
    phone_number: str | None = None
    """Phone number; "-1" when unavailable."""
    rsa_application_key: str | None = None
    """Key of the RSA SDK."""
    mobile_compromised_indicator: int | None = None
    """Rooted or jailbroken phone. 0 Disabled; 1 Enabled."""
    mobile_emulator_indicator: int | None = None
    """RSA SDK runs in an emulator. 0 Disabled; 1 Enabled."""


WIRE: Mapping[type, tuple[tuple[str, str, type], ...]] = MappingProxyType(
    {
        PreloginResponse: (
            ("ccsId", "ccs_id", str),
            ("encryptedLoginId", "login_id", str),
            ("maskedCustomerName", "masked_customer_name", str),
            ("nextLoginActionCode", "next_login_action_code", int),
            ("nextLoginActionDescription", "next_login_action_description", str),
            ("registrationStatus", "registration_status", str),
            ("registrationStatusDescription", "registration_status_description", str),
            ("mobileBankingDeviceStatus", "mobile_banking_device_status", str),
            ("mobileBankingDeviceStatusDescription", "mobile_banking_device_status_description", str),
        ),
        LoginResponse: (
            ("customerName", "customer_name", str),
            ("lastChannelId", "last_channel_id", str),
            ("lastLoginDate", "last_login_date", str),
            ("tokenStatus", "token_status", str),
            ("tokenStatusDescription", "token_status_description", str),
            ("customerType", "customer_type", int),
            ("customerTypeDescription", "customer_type_description", str),
            ("credentialStatus", "credential_status", str),
            ("credentialStatusDescription", "credential_status_description", str),
            ("termsAndConditionsAcceptedFlag", "terms_and_conditions_accepted_flag", bool),
            ("registrationStatus", "registration_status", str),
            ("registrationStatusDescription", "registration_status_description", str),
            ("mobileBankingDeviceStatus", "mobile_banking_device_status", str),
            ("mobileBankingDeviceStatusDescription", "mobile_banking_device_status_description", str),
        ),
        ValidateCredentialsResponse: (
            ("ccsId", "ccs_id", str),
            ("encryptedLoginId", "login_id", str),
            ("maskedCustomerName", "masked_customer_name", str),
            ("registrationStatus", "registration_status", str),
            ("registrationStatusDescription", "registration_status_description", str),
            ("mobileBankingDeviceStatus", "mobile_banking_device_status", str),
            ("mobileBankingDeviceStatusDescription", "mobile_banking_device_status_description", str),
        ),
        ValidateMobilePhoneResponse: (("bestPhoneFlag", "best_phone_flag", bool),),
        PinDetail: (
            ("pinStatus", "pin_status", str),
            ("lastPinChangeDate", "last_pin_change_date", date),
            ("activationDate", "activation_date", date),
            ("lastResetDate", "last_reset_date", date),
            ("cancellationDate", "cancellation_date", date),
            ("lastInvalidLoginDate", "last_invalid_login_date", date),
            ("lastBlockDate", "last_block_date", date),
            ("lastStatusChangeDate", "last_status_change_date", date),
            ("pinLocked", "pin_locked", str),
            ("lastLoginDate", "last_login_date", date),
            ("changedCount", "changed_count", int),
        ),
        PasswordDetail: (
            ("passwordStatus", "password_status", str),
            ("lastPasswordChangeDate", "last_password_change_date", date),
            ("lastResetDate", "last_reset_date", date),
            ("activationDate", "activation_date", date),
            ("cancellationDate", "cancellation_date", date),
            ("lastInvalidLoginDate", "last_invalid_login_date", date),
            ("lastBlockDate", "last_block_date", date),
            ("lastStatusChangeDate", "last_status_change_date", date),
            ("passwordLocked", "password_locked", str),
            ("lastLoginDate", "last_login_date", date),
            ("changedCount", "changed_count", int),
        ),
        CredentialsStatusResponse: (
            ("pinDetail", "pin_detail", PinDetail),
            ("passwordDetail", "password_detail", PasswordDetail),
        ),
        RetrieveChallengeResponse: (("challengeQuestion", "challenge_question", str),),
        ValidateChallengeResponse: (("responseMessage", "response_message", str),),
        ValidateTransmitCustomerResponse: (
            ("customerId", "customer_id", str),
            ("transmitTokenEnabledFlag", "transmit_token_enabled_flag", bool),
        ),
        CertifiedPhoneResponse: (
            ("phoneCountryCode", "phone_country_code", str),
            ("phoneNumber", "phone_number", str),
        ),
        PublicKeyResponse: (
            ("keyId", "key_id", str),
            ("modulus", "modulus", str),
            ("exponent", "exponent", str),
            ("signedKey", "signed_key", str),
        ),
        KeyExchangeResponse: (("expiresIn", "expires_in", int),),
        MobileAml: (
            ("ipAddress", "ip_address", str),
            ("rsaVersion", "rsa_version", str),
            ("queryTime", "query_time", str),
            ("rsaDeviceId", "rsa_device_id", str),
            ("simID", "sim_id", str),
            ("phoneNumber", "phone_number", str),
            ("rsaApplicationKey", "rsa_application_key", str),
            ("mobileCompromisedIndicator", "mobile_compromised_indicator", int),
            ("mobileEmulatorIndicator", "mobile_emulator_indicator", int),
        ),
    }
)
"""Of each object: the name on the wire, the field, its type."""

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "unlock_access": Operation(
            id="unlock_access",
            method="POST",
            path="/api/v1/open-banking/x-global/security/customers/electronic-banking/access/unlock",
            success=204,
            rendering="dot",
            session="none",
            sealed=(SealedField("customer.encryptedCustomerId", "c"),),
        ),
        "prelogin_v1": Operation(
            id="prelogin_v1",
            method="POST",
            path="/api/v1/x-global/security/login/validate",
            success=200,
            rendering="hex",
            session="opens",
            sealed=(SealedField("encryptedUserId", "c"),),
            sealed_answer=("encryptedLoginId",),
        ),
        "prelogin_v2": Operation(
            id="prelogin_v2",
            method="POST",
            path="/api/v2/x-global/security/login/validate",
            success=200,
            rendering="hex",
            session="opens",
            sealed=(SealedField("encryptedUserId", "c"),),
            sealed_answer=("encryptedLoginId",),
        ),
        "login": Operation(
            id="login",
            method="POST",
            path="/api/v1/x-global/security/login",
            success=200,
            rendering="hex",
            session="keyed",
            sealed=(
                SealedField(
                    "customerCredentials.encryptedCredential",
                    kind_by="customerCredentials.credentialType",
                    kinds={1: "a", 2: "b", 3: "c"},
                ),
            ),
        ),
        "logout": Operation(
            id="logout",
            method="POST",
            path="/api/v1/x-global/security/logout",
            success=204,
            rendering="hex",
            session="authenticated",
        ),
        "validate_credentials": Operation(
            id="validate_credentials",
            method="POST",
            path="/api/v1/x-global/security/customers/credentials/validate",
            success=200,
            rendering="hex",
            session="opens",
            sealed=(SealedField("encryptedUserId", "c"),),
            sealed_answer=("encryptedLoginId",),
        ),
        "validate_card": Operation(
            id="validate_card",
            method="POST",
            path="/api/v1/x-global/security/customers/card-plastic/information/validate",
            success=204,
            rendering="hex",
            session="identified",
            sealed=(SealedField("encryptedCredentialAccess", "a"),),
        ),
        "validate_mobile_phone": Operation(
            id="validate_mobile_phone",
            method="POST",
            path="/api/v1/x-global/security/customers/mobile-phone/validate",
            success=200,
            rendering="hex",
            session="identified",
        ),
        "send_otp": Operation(
            id="send_otp",
            method="POST",
            path="/api/v1/x-global/security/otp/send",
            success=204,
            rendering="hex",
            session="identified",
        ),
        "set_access": Operation(
            id="set_access",
            method="POST",
            path="/api/v1/x-global/security/customers/access/set",
            success=204,
            rendering="hex",
            session="identified",
            sealed=(
                SealedField("newEncryptedAccessCredential", "b"),
                SealedField("encryptedOtp", "c"),
            ),
        ),
        "set_credentials": Operation(
            id="set_credentials",
            method="POST",
            path="/api/v1/x-global/security/customers/credentials",
            success=204,
            rendering="hex",
            session="authenticated",
            sealed=(
                SealedField("newEncryptedAccessNumber", "a"),
                SealedField("newEncryptedAccessCredential", "b"),
            ),
        ),
        "credentials_status": Operation(
            id="credentials_status",
            method="POST",
            path="/api/v1/x-global/security/customers/credentials/status",
            success=200,
            rendering="hex",
            session="none",
        ),
        "retrieve_challenge": Operation(
            id="retrieve_challenge",
            method="GET",
            path="/api/v1/x-global/security/challenge/retrieve",
            success=200,
            rendering="hex",
            session="authenticated",
        ),
        "validate_challenge": Operation(
            id="validate_challenge",
            method="POST",
            path="/api/v1/x-global/security/challenge/validate",
            success=200,
            rendering="hex",
            session="authenticated",
            sealed=(SealedField("oneTimePasswordToken", "c"),),
        ),
        "validate_jwt": Operation(
            id="validate_jwt",
            method="POST",
            path="/api/v1/x-global/security/jwt/validate",
            success=204,
            rendering="hex",
            session="opens",
        ),
        "register_transmit_customer": Operation(
            id="register_transmit_customer",
            method="POST",
            path="/api/v1/x-global/security/transmit-customer",
            success=204,
            rendering="hex",
            session="authenticated",
        ),
        "validate_transmit_customer": Operation(
            id="validate_transmit_customer",
            method="POST",
            path="/api/v1/x-global/security/transmit-customer/validate",
            success=200,
            rendering="hex",
            session="opens",
        ),
        "generate_rao_token": Operation(
            id="generate_rao_token",
            method="POST",
            path="/api/v1/x-global/account-opening/rao/security/tokens/generate",
            success=204,
            rendering="dot",
            session="opens",
            sealed=(SealedField("encryptedPhoneNumber", "c"),),
        ),
        "validate_rao_token": Operation(
            id="validate_rao_token",
            method="POST",
            path="/api/v1/x-global/account-opening/rao/security/tokens/validate",
            success=204,
            rendering="dot",
            session="existing",
            sealed=(
                SealedField("phone.encryptedPhoneNumber", "c"),
                SealedField("encryptedOtpToken", "c"),
            ),
        ),
        "certified_phone": Operation(
            id="certified_phone",
            method="GET",
            path="/api/v1/x-global/account-opening/rao/security/tokens/certified-phone",
            success=200,
            rendering="dot",
            session="existing",
        ),
        "retrieve_public_key": Operation(
            id="retrieve_public_key",
            method="GET",
            path="/api/v1/x-global/security/e2e-gateway/public-key/retrieve",
            success=200,
            rendering="hex",
            session="opens",
        ),
        "exchange_keys": Operation(
            id="exchange_keys",
            method="POST",
            path="/api/v1/x-global/security/e2e-gateway/symmetric-key/exchange",
            success=200,
            rendering="hex",
            session="opens",
        ),
        "enrol_device": Operation(
            id="enrol_device",
            method="POST",
            path="/api/v1/x-global/security/devices/enrol",
            success=204,
            rendering="hex",
            session="authenticated",
        ),
        "revoke_device": Operation(
            id="revoke_device",
            method="POST",
            path="/api/v1/x-global/security/devices/revoke",
            success=204,
            rendering="hex",
            session="authenticated",
        ),
    }
)
