"""Keys, login and recovery as a caller sees them: one function each, from plain arguments to a call."""

from enum import IntEnum

from aldaba_client import _generated as wire
from aldaba_client._generated import OPERATIONS, MobileAml
from aldaba_client.biometrics import DeviceKey, biometric_token
from aldaba_client.decoding import nothing, reader, written
from aldaba_client.envelope import Profile, SessionKeys
from aldaba_client.messages import Call, FromSession

PIN, PASSWORD, BIOMETRIC = 1, 2, 3


class AuthType(IntEnum):
    """How a one-time code of the recovery is proved or sent."""

    ANY_TOKEN = 0
    HARD_TOKEN = 1
    SOFT_TOKEN = 2
    SMS_REGISTERED_DEVICE = 3
    VOICE = 4
    SMS_PROVED_PHONE = 5
    SMS_BEST_PHONE = 6


def retrieve_public_key() -> Call[wire.PublicKeyResponse]:
    """Fetch the key that seals the keys of a session."""
    return Call(OPERATIONS["retrieve_public_key"], reader(wire.PublicKeyResponse))


def exchange_keys(
    keys: SessionKeys, key_id: str, modulus: int, exponent: int
) -> Call[wire.KeyExchangeResponse]:
    """Hand over the keys of a session."""
    enc_digit, hmac_digit = keys.check_digits()
    body = {
        "algorithm": "AES" if keys.profile is Profile.PORTAL else keys.profile.value,
        "keyId": key_id,
        "encryptedPayload": keys.transport(modulus, exponent),
        "encKeyCheckDigit": enc_digit,
        "hmacKeyCheckDigit": hmac_digit,
    }
    return Call(OPERATIONS["exchange_keys"], reader(wire.KeyExchangeResponse), body)


def prelogin_v1(user_id: str, *, vasco_device_id: str | None = None) -> Call[wire.PreloginResponse]:
    """Identify a customer by customer number or card number; tells the next action."""
    body = {"encryptedUserId": user_id, "vascoDeviceId": vasco_device_id}
    return Call(OPERATIONS["prelogin_v1"], reader(wire.PreloginResponse), body)


def prelogin_v2(
    user_id: str, *, vasco_device_id: str | None = None, instance_id: str | None = None
) -> Call[wire.PreloginResponse]:
    """As ``prelogin_v1``, and names the instance of the middleware."""
    body = {"encryptedUserId": user_id, "vascoDeviceId": vasco_device_id, "instanceId": instance_id}
    return Call(OPERATIONS["prelogin_v2"], reader(wire.PreloginResponse), body)


def login(
    user_id: str,
    *,
    pin: str | None = None,
    password: str | None = None,
    device_key: DeviceKey | None = None,
    vasco_device_id: str | None = None,
    application_device_id: str | None = None,
    instance_id: str | None = None,
    mobile_aml: MobileAml | None = None,
) -> Call[wire.LoginResponse]:
    """Log in with exactly one of ``pin``, ``password`` and ``device_key`` (biometric login).

    Raises ``ValueError`` for none or several. A login whose answer was lost is not made again (``Retry``).
    """
    given = [(PIN, pin), (PASSWORD, password)]
    if device_key is not None:
        given.append((BIOMETRIC, ""))
        application_device_id = application_device_id or device_key.application_device_id
    chosen = [(kind, secret) for kind, secret in given if secret is not None]
    if len(chosen) != 1:
        raise ValueError("give exactly one of pin=, password= and device_key=")
    ((kind, secret),) = chosen
    credentials = {
        "userId": user_id,
        "credentialType": kind,
        "encryptedCredential": secret if device_key is None else biometric_token(device_key, user_id),
    }
    body = {
        "customerCredentials": credentials,
        "vascoDeviceId": vasco_device_id,
        "applicationDeviceId": application_device_id,
        "instanceId": instance_id,
        "mobileAML": None if mobile_aml is None else written(mobile_aml),
    }
    return Call(OPERATIONS["login"], reader(wire.LoginResponse), body)


def logout() -> Call[None]:
    """End the session; the next call begins a new one."""
    return Call(OPERATIONS["logout"], nothing)


def validate_credentials(user_id: str) -> Call[wire.ValidateCredentialsResponse]:
    """Identify a customer at the beginning of a recovery."""
    body = {"encryptedUserId": user_id}
    return Call(OPERATIONS["validate_credentials"], reader(wire.ValidateCredentialsResponse), body)


def validate_card(nip: str, expires: str, *, ccs_id: str | None = None) -> Call[None]:
    """Prove the card by its NIP and its expiry date (MMYY)."""
    body = {"encryptedCredentialAccess": nip, "expirationCardDate": expires}
    return Call(OPERATIONS["validate_card"], nothing, body | {"ccsId": ccs_id or FromSession.CCS_ID})


def validate_mobile_phone(
    phone_number: str, *, is_first_time: bool = False, ccs_id: str | None = None
) -> Call[wire.ValidateMobilePhoneResponse]:
    """Prove a certified phone of the customer, ten digits."""
    body = {"phoneNumber": phone_number, "isFirstTime": is_first_time}
    return Call(
        OPERATIONS["validate_mobile_phone"],
        reader(wire.ValidateMobilePhoneResponse),
        body | {"ccsId": ccs_id or FromSession.CCS_ID},
    )


def send_otp(auth_type: int, *, is_first_time: bool = False, ccs_id: str | None = None) -> Call[None]:
    """Have a one-time code sent (``AuthType``), or name the token that will show it."""
    body = {"authType": int(auth_type), "isFirstTime": is_first_time}
    return Call(OPERATIONS["send_otp"], nothing, body | {"ccsId": ccs_id or FromSession.CCS_ID})


def set_access(
    password: str, otp: str, *, is_first_time: bool = False, ccs_id: str | None = None
) -> Call[None]:
    """Set a new password on a one-time code."""
    body = {"newEncryptedAccessCredential": password, "encryptedOtp": otp, "isFirstTime": is_first_time}
    return Call(OPERATIONS["set_access"], nothing, body | {"ccsId": ccs_id or FromSession.CCS_ID})


def set_credentials(
    credential_status: str, *, pin: str | None = None, password: str | None = None
) -> Call[None]:
    """Set what the ``credential_status`` of the login demands, or (NONE) change either."""
    body = {
        "credentialStatus": credential_status,
        "newEncryptedAccessNumber": pin,
        "newEncryptedAccessCredential": password,
    }
    return Call(OPERATIONS["set_credentials"], nothing, body)


def credentials_status(
    customer_id: str, *, legal_representative_id: str | None = None
) -> Call[wire.CredentialsStatusResponse]:
    """Detail of a customer's PIN and password, for applications with the right ``ivr``."""
    body = {"customerId": customer_id, "legalRepresentativeId": legal_representative_id}
    return Call(OPERATIONS["credentials_status"], reader(wire.CredentialsStatusResponse), body)
