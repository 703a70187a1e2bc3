/** Client of the aldaba customer-security server: `AldabaClient`, typed answers and errors. */
export { DeviceKey } from "./biometrics.js";
export { AldabaClient, AuthType } from "./client.js";
export * from "./errors.js";
