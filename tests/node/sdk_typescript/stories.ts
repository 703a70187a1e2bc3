/** The stories a front end plays, in the profile that the environment names. */

import assert from "node:assert/strict";

import {
    AldabaClient,
    AuthType,
    AuthenticationFailed,
    BadCredentials,
    ChallengeNeeded,
    CredentialValidationFailed,
    CredentialsMustBeSet,
    DeviceKey,
    InvalidRequest,
    Locked,
    NoSession,
    NotFound,
    Unprocessable,
} from "aldaba-client";
import * as bank from "./bank.js";

export async function firstLogin(): Promise<void> {
    const front = await bank.client();
    const told = await front.preloginV1("15000011");
    assert.equal(told.loginId, "15000011");
    assert.equal(told.nextLoginActionCode, 3);
    assert.equal(told.maskedCustomerName, "A***** H******** R******");
    const before = front.sid;
    const login = await front.login("15000011", { pin: bank.TEMPORARY_PIN });
    assert.equal(login.credentialStatus, "NEW");
    assert.notEqual(front.sid, before);
    await assert.rejects(front.retrieveChallenge(), CredentialsMustBeSet);
    await front.setCredentials("NEW", { pin: bank.NEW_PIN, password: bank.NEW_PASSWORD });
    await front.logout();
    assert.equal(front.sid, undefined);
    await front.preloginV2("15000011", {
        vascoDeviceId: "f96dd4b2dc083008f786950fee311df1",
        instanceId: "a1",
    });
    assert.equal((await front.login("15000011", { password: bank.NEW_PASSWORD })).credentialStatus, "NONE");
    await front.logout();
}

export async function forgottenPassword(): Promise<void> {
    const front = await bank.client();
    await assert.rejects(front.validateCard(bank.NIP, bank.EXPIRES), NoSession);
    assert.equal((await front.validateCredentials("15000031")).loginId, "15000031");
    await assert.rejects(front.validateCard("9999", bank.EXPIRES), CredentialValidationFailed);
    await front.validateCard(bank.NIP, bank.EXPIRES);
    assert.equal((await front.validateMobilePhone("5515000031")).bestPhoneFlag, true);
    await front.sendOtp(AuthType.smsProvedPhone);
    const otp = await bank.code("+525515000031");
    const wrong = String((Number(otp) + 1) % 10 ** otp.length).padStart(otp.length, "0");
    await assert.rejects(front.setAccess(bank.NEW_PASSWORD, wrong), CredentialValidationFailed);
    await front.setAccess(bank.NEW_PASSWORD, otp);
    const again = await bank.client();
    await again.preloginV1("15000031");
    await assert.rejects(again.login("15000031", { password: bank.PASSWORD }), BadCredentials);
    await again.login("15000031", { password: bank.NEW_PASSWORD });
}

export async function challenge(): Promise<void> {
    const front = await bank.entered("15000010");
    await assert.rejects(front.setCredentials("NONE", { password: bank.NEW_PASSWORD }), ChallengeNeeded);
    const first = await front.retrieveChallenge();
    await assert.rejects(front.validateChallenge(first.challengeQuestion, "00000000"), AuthenticationFailed);
    const { challengeQuestion } = await front.retrieveChallenge();
    const told = await front.validateChallenge(
        challengeQuestion,
        await bank.tokenShows("15000010", challengeQuestion),
    );
    assert.match(told.responseMessage ?? "", /^SEG: /);
    await front.setCredentials("NONE", { password: bank.NEW_PASSWORD });
}

async function proved(front: AldabaClient): Promise<void> {
    const { challengeQuestion } = await front.retrieveChallenge();
    await front.validateChallenge(challengeQuestion, await bank.tokenShows("15000010", challengeQuestion));
}

export async function biometrics(): Promise<void> {
    const front = await bank.entered("15000010");
    const device = await DeviceKey.generate("sdk-typescript-device");
    await assert.rejects(
        front.enrolDevice(device.applicationDeviceId, await device.publicJwk()),
        ChallengeNeeded,
    );
    await proved(front);
    await front.enrolDevice(device.applicationDeviceId, await device.publicJwk());
    await front.logout();
    await front.preloginV1("15000010");
    const another = await DeviceKey.generate(device.applicationDeviceId);
    await assert.rejects(front.login("15000010", { deviceKey: another }), AuthenticationFailed);
    await front.login("15000010", { deviceKey: device });
    await proved(front);
    await front.revokeDevice(device.applicationDeviceId);
    await front.logout();
    await front.preloginV1("15000010");
    await assert.rejects(front.login("15000010", { deviceKey: device }), AuthenticationFailed);
}

export async function accountOpening(): Promise<void> {
    const front = await bank.client();
    await front.generateRaoToken("5544332211");
    await assert.rejects(front.certifiedPhone(), Unprocessable);
    const otp = await bank.code("+525544332211");
    await assert.rejects(front.validateRaoToken("00000000", "5544332211"), Unprocessable);
    await front.validateRaoToken(otp, "5544332211");
    assert.deepEqual(await front.certifiedPhone(), { phoneCountryCode: "+52", phoneNumber: "5544332211" });
    await assert.rejects((await bank.client()).generateRaoToken("12", { countryCode: "+52" }), Unprocessable);
    await assert.rejects((await bank.entered("15000024")).certifiedPhone(), NotFound);
}

export async function unlock(): Promise<void> {
    const front = await bank.client();
    assert.equal((await front.preloginV1("15000016")).nextLoginActionCode, 4);
    await assert.rejects(front.login("15000016", { password: bank.PASSWORD }), Locked);
    await front.unlockAccess(await bank.vendorJwt("15000016", "2"), "15000016");
    await assert.rejects(
        front.unlockAccess(await bank.vendorJwt("15000016", "2"), "15000016"),
        Unprocessable,
    );
    const again = await bank.client();
    await again.preloginV1("15000016");
    const told = await again.login("15000016", { password: bank.PASSWORD });
    assert.equal(told.credentialStatus, "CHPWD");
    await again.setCredentials("CHPWD", { password: bank.NEW_PASSWORD });
}

export async function vendor(): Promise<void> {
    const front = await bank.entered("15000026");
    assert.equal((await front.validateTransmitCustomer("15000026")).transmitTokenEnabledFlag, false);
    await front.registerTransmitCustomer();
    const told = await front.validateTransmitCustomer("15000026");
    assert.deepEqual(told, { customerId: "15000026", transmitTokenEnabledFlag: true });
    await front.validateJwt(await bank.vendorJwt("15000026", "3"), "15000026", "3");
}

export async function desk(): Promise<void> {
    const front = await bank.entered("15000024");
    const other = front.newSession({ language: "es" });
    const told = await other.credentialsStatus("15000024");
    assert.equal(told.pinDetail?.pinStatus, "A");
    assert.equal(other.sid, undefined, "the desk needs no session");
    const facts = await other.introspect(front.sid ?? "");
    assert.equal(facts.active, true);
    assert.equal(facts.customerId, "15000024");
    assert.deepEqual(await other.introspect("nobody"), { active: false });
    await front.logout();
    assert.deepEqual(await other.introspect("nobody"), { active: false });
}

export async function errorsCarryWhatTheServerSaid(): Promise<void> {
    const front = await bank.client({ language: "es" });
    await front.preloginV1("15000024");
    const trouble: unknown = await front
        .login("15000024", { password: "andador99x" })
        .catch((error: unknown) => error);
    assert.ok(trouble instanceof BadCredentials);
    assert.deepEqual([trouble.name, trouble.operation, trouble.status], ["BadCredentials", "login", 401]);
    assert.deepEqual([trouble.code, trouble.type], ["6666", "bad_credentials"]);
    assert.match(trouble.details, /contraseña/i);
    assert.match(trouble.moreInfo ?? "", /^http/);
    assert.match(trouble.uuid ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.ok(!Number.isNaN(Date.parse(trouble.timestamp ?? "")));
    const flawed: unknown = await front
        .login("15000025", { password: "andador99x" })
        .catch((error: unknown) => error);
    assert.ok(flawed instanceof InvalidRequest);
    assert.equal(flawed.location, "customerCredentials.userId");
}

export async function manyAtOnce(): Promise<void> {
    const front = await bank.client();
    await front.preloginV1("15000024");
    await front.login("15000024", { password: bank.PASSWORD });
    const fresh = front.newSession();
    const told = await Promise.all([
        front.validateTransmitCustomer("15000024"),
        front.credentialsStatus("15000024"),
        fresh.preloginV1("15000025"),
        fresh.preloginV1("15000025"),
        fresh.preloginV1("15000025"),
    ]);
    assert.deepEqual(
        told.slice(2).map((one) => "loginId" in one && one.loginId),
        Array(3).fill("15000025"),
    );
    assert.ok(front instanceof AldabaClient && front.sid !== fresh.sid);
}
