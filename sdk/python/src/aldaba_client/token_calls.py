"""Tokens, vendor JWTs, account opening, unlocking, devices: one function each, like ``calls``."""

from aldaba_client import _generated as wire
from aldaba_client._generated import OPERATIONS
from aldaba_client.decoding import nothing, reader
from aldaba_client.messages import Call
from aldaba_client.signatures import Jwk


def retrieve_challenge() -> Call[wire.RetrieveChallengeResponse]:
    """Fetch a challenge for the customer's token."""
    return Call(OPERATIONS["retrieve_challenge"], reader(wire.RetrieveChallengeResponse))


def validate_challenge(
    challenge_question: str, one_time_password: str
) -> Call[wire.ValidateChallengeResponse]:
    """Answer a challenge with what the token shows."""
    body = {"challengeQuestion": challenge_question, "oneTimePasswordToken": one_time_password}
    return Call(OPERATIONS["validate_challenge"], reader(wire.ValidateChallengeResponse), body)


def validate_jwt(transmit_token: str, customer_id: str, grant_type: str = "2") -> Call[None]:
    """Have a JWT of the soft-token vendor judged."""
    body = {"transmitToken": transmit_token, "customerId": customer_id, "grantType": grant_type}
    return Call(OPERATIONS["validate_jwt"], nothing, body)


def register_transmit_customer() -> Call[None]:
    """Record the session's customer as holder of a vendor's soft token."""
    return Call(OPERATIONS["register_transmit_customer"], nothing)


def validate_transmit_customer(customer_id: str) -> Call[wire.ValidateTransmitCustomerResponse]:
    """Whether a customer's soft token is the vendor's."""
    body = {"customerId": customer_id}
    return Call(OPERATIONS["validate_transmit_customer"], reader(wire.ValidateTransmitCustomerResponse), body)


def generate_rao_token(phone_number: str, *, country_code: str = "+52") -> Call[None]:
    """Send a one-time code to the phone of an account opening."""
    body = {"phoneCountryCode": country_code, "encryptedPhoneNumber": phone_number}
    return Call(OPERATIONS["generate_rao_token"], nothing, body)


def validate_rao_token(otp: str, phone_number: str, *, country_code: str = "+52") -> Call[None]:
    """Certify that phone by its code."""
    phone = {"phoneCountryCode": country_code, "encryptedPhoneNumber": phone_number}
    return Call(OPERATIONS["validate_rao_token"], nothing, {"phone": phone, "encryptedOtpToken": otp})


def certified_phone() -> Call[wire.CertifiedPhoneResponse]:
    """The phone this session has certified."""
    return Call(OPERATIONS["certified_phone"], reader(wire.CertifiedPhoneResponse))


def unlock_access(
    jwt: str,
    customer_id: str,
    *,
    grant_type: str | None = None,
    legal_representative_id: str | None = None,
) -> Call[None]:
    """Lift a customer's locks on a JWT of the soft-token vendor."""
    customer = {"encryptedCustomerId": customer_id, "legalRepresentativeId": legal_representative_id}
    body = {"jwtToken": jwt, "grantType": grant_type, "customer": customer}
    return Call(OPERATIONS["unlock_access"], nothing, body)


def enrol_device(
    application_device_id: str, public_key: Jwk, *, vasco_device_id: str | None = None
) -> Call[None]:
    """Enrol a phone of the session's customer for biometric login; a challenge must have been passed."""
    body = {
        "applicationDeviceId": application_device_id,
        "vascoDeviceId": vasco_device_id,
        "publicKeyJwk": dict(public_key),
    }
    return Call(OPERATIONS["enrol_device"], nothing, body)


def revoke_device(application_device_id: str) -> Call[None]:
    """Take an enrolled phone of the session's customer out of use."""
    return Call(OPERATIONS["revoke_device"], nothing, {"applicationDeviceId": application_device_id})
