import { describe, expect, test } from "vitest";
import { isPublicAddress, reachOf, urlFault } from "../../../shared/deliver/address.ts";

describe("addresses", () => {
  test.each([
    ["0.0.0.0", false],
    ["10.1.2.3", false],
    ["100.64.0.1", false],
    ["100.128.0.1", true],
    ["127.0.0.1", false],
    ["127.255.255.254", false],
    ["169.254.169.254", false],
    ["169.254.170.2", false],
    ["172.15.255.255", true],
    ["172.16.0.1", false],
    ["172.31.255.255", false],
    ["172.32.0.1", true],
    ["192.0.0.170", false],
    ["192.0.2.1", false],
    ["192.168.1.1", false],
    ["198.18.0.1", false],
    ["198.51.100.7", false],
    ["203.0.113.7", false],
    ["224.0.0.1", false],
    ["240.0.0.1", false],
    ["255.255.255.255", false],
    ["93.184.215.14", true],
    ["8.8.8.8", true],
    ["::", false],
    ["::1", false],
    ["::ffff:127.0.0.1", false],
    ["::ffff:8.8.8.8", false],
    ["64:ff9b::7f00:1", false],
    ["2001:0:53aa:64c::1", false],
    ["2001:db8::1", false],
    ["2002:7f00:1::", false],
    ["fc00::1", false],
    ["fd00:ec2::254", false],
    ["fe80::1", false],
    ["fe80::1%eth0", false],
    ["ff02::1", false],
    ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", true],
    ["2a00:1450:4001:82b::200e", true],
    ["localhost", false],
    ["", false],
  ])("%s is on the Internet: %s", (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });
});

describe("URLs of webhooks", () => {
  test.each<[url: string, internet: boolean, alsoThisMachine: boolean]>([
    ["https://example.com/hook?x=1", true, true],
    ["https://example.com:8443/hook", true, true],
    ["https://93.184.215.14/hook", true, true],
    ["http://example.com/hook", false, true],
    ["ftp://example.com/hook", false, false],
    ["file:///etc/passwd", false, false],
    ["javascript:alert(1)", false, false],
    ["/hook", false, false],
    ["https://user:password@example.com/hook", false, false],
    ["https://user@example.com/hook", false, false],
    ["https://example.com/hook#part", false, false],
    ["https://localhost/hook", false, true],
    ["https://localhost./hook", false, false],
    ["http://127.0.0.1:8080/hook", false, true],
    ["http://[::1]:8080/hook", false, true],
    ["https://127.1/hook", false, true],
    ["https://2130706433/hook", false, true],
    ["https://0x7f000001/hook", false, true],
    ["https://0177.0.0.1/hook", false, true],
    ["https://169.254.169.254/latest/meta-data/", false, false],
    ["https://[::ffff:169.254.169.254]/", false, false],
    ["https://[fd00:ec2::254]/", false, false],
    ["https://10.0.0.5/hook", false, false],
    ["https://192.168.0.10/hook", false, false],
    ["https://intranet/hook", false, false],
    ["https://printer.local/hook", false, false],
    ["https://metadata.google.internal/", false, false],
    ["https://router.home.arpa/", false, false],
  ])("%s: %s on the Internet, %s on one machine", (url, internet, alsoThisMachine) => {
    expect(urlFault(url, "internet") === undefined).toBe(internet);
    expect(urlFault(url, "this-machine-too") === undefined).toBe(alsoThisMachine);
  });

  test.each([
    ["http://127.0.0.1:3000", "this-machine-too"],
    ["http://[::1]:3000", "this-machine-too"],
    ["http://localhost:3000", "this-machine-too"],
    ["https://127.0.0.1", "internet"],
    ["http://10.0.0.1", "internet"],
    ["https://abc.execute-api.eu-west-1.amazonaws.com", "internet"],
  ] as const)("a product that answers at %s reaches %s", (publicUrl, reach) => {
    expect(reachOf(publicUrl)).toBe(reach);
  });
});
