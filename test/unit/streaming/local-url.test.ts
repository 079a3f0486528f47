import { hostname, networkInterfaces } from "node:os";
import { expect } from "chai";
import { describe, it } from "mocha";
import { StreamingUrlError } from "../../../src/streaming/errors.js";
import { assertLocalUrl, type UrlPolicy } from "../../../src/streaming/local-url.js";

function refusal(url: string, policy?: UrlPolicy): StreamingUrlError {
  try {
    assertLocalUrl(url, policy);
  } catch (error) {
    expect(error).to.be.instanceOf(StreamingUrlError);
    return error as StreamingUrlError;
  }
  throw new Error(`${url} was accepted`);
}

describe("assertLocalUrl", () => {
  const local = ["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "[::1]", "[0:0:0:0:0:0:0:1]", hostname()];
  for (const host of local) {
    it(`follows ${host}`, () => {
      expect(assertLocalUrl(`http://${host}:1234/exec/x?y=1`).href).to.match(/:1234\/exec\/x\?y=1$/);
    });
  }

  it("follows every address of this host", () => {
    for (const { address, family } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
      if (family === "IPv4") assertLocalUrl(`https://${address}/exec/x`);
      else if (!address.startsWith("fe80")) assertLocalUrl(`https://[${address}]/exec/x`);
    }
  });

  it("dials the loopback address where the server names the address it listens on", () => {
    expect(assertLocalUrl("http://0.0.0.0:80/exec/x").href).to.equal("http://127.0.0.1/exec/x");
    expect(assertLocalUrl("http://[::]:8080/exec/x").href).to.equal("http://[::1]:8080/exec/x");
  });

  const remote = [
    "192.0.2.1",
    "example.org",
    "[2001:db8::1]",
    "localhost.example.org",
    "127.0.0.1.example.org",
    "[::ffff:192.0.2.1]",
  ];
  for (const host of remote) {
    it(`does not follow ${host}, unless allowed`, () => {
      const url = `http://${host}:80/exec/secret`;
      const error = refusal(url);
      expect(error.remote).to.equal(true);
      expect(error.url).to.equal(url);
      expect(error.message).not.to.contain("secret");
      assertLocalUrl(url, { allowRemote: true });
      assertLocalUrl(url, { allowedHosts: ["other", host] });
      refusal(url, { allowedHosts: ["other"] });
    });
  }

  const unusable = [
    "",
    "/exec/x",
    "exec",
    "http://",
    "http:///exec/x",
    "http://:80/exec/x",
    "ftp://127.0.0.1/x",
    "unix:///run/x.sock",
  ];
  for (const url of unusable) {
    it(`reports ${JSON.stringify(url)} as unusable`, () => {
      expect(refusal(url, { allowRemote: true }).remote).to.equal(false);
    });
  }
});
