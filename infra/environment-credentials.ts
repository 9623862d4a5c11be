/**
 * Stands in for `@aws-sdk/credential-provider-node` in every bundle. Lambda hands a function its credentials in the
 * environment, so the rest of the SDK's chain (profiles, SSO, instance metadata, web identity) would be 130 KB a bundle
 * that never runs.
 */
export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";
