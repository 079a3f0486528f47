import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";

import {
  cut,
  escapeHtml,
  escapeMarkdown,
  harmless,
  harmlessJson,
  harmlessLine,
  markdownBlock,
  markdownCode,
} from "../../../src/report/escape.js";
import { NASTY_TEXTS } from "./sample-run.js";

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;

describe("harmless", () => {
  it("shows terminal controls, bidirectional controls and halves of characters instead of sending them", () => {
    expect(harmless("\u001b[31m\u0007\r\n\t")).to.equal("\\x1b[31m\\x07\\r\n\t");
    expect(harmless("a\u202eb\u{e0041}")).to.equal("a\\u202eb\\u{e0041}");
    expect(harmless("\ud800x\udc00")).to.equal("\ufffdx\ufffd");
  });

  it("leaves readable text of any script and emoji alone", () => {
    const text = "Grüße, 世界, שלום, 👩‍🚀 é";
    expect(harmless(text)).to.equal(text);
  });

  it("lets no control through, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !CONTROL.test(harmless(text))));
    for (const text of Object.values(NASTY_TEXTS)) expect(harmless(text)).not.to.match(CONTROL);
  }).timeout(20_000);

  it("keeps a line a line", () => {
    expect(harmlessLine("a\nb\tc")).to.equal("a\\nb\\tc");
  });
});

describe("harmlessJson", () => {
  it("shows hidden characters as escapes and changes nothing of what is read", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = harmlessJson(JSON.stringify({ text }, undefined, 2));
        expect(json).not.to.match(CONTROL);
        expect(JSON.parse(json)).to.deep.equal({ text });
      }),
    );
  }).timeout(20_000);
});

describe("cut", () => {
  it("leaves a text alone that is within the limit", () => {
    expect(cut("x".repeat(100), 100)).to.equal("x".repeat(100));
  });

  it("keeps the beginning and the end of a longer one and says how much is missing", () => {
    const text = cut(NASTY_TEXTS.long, 200);
    expect(text).to.match(/^beginx+\[\.\.\. 10485608 characters cut \.\.\.\]x+end$/);
  });

  it("stays within the limit, does nothing to its own result, and splits no character", () => {
    const texts = fc.string({ unit: "grapheme", minLength: 50, maxLength: 500 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 40, max: 400 }), (text, limit) => {
        const short = cut(text, limit);
        expect(short.length).to.be.at.most(limit);
        expect(cut(short, limit)).to.equal(short);
        expect(/\p{Surrogate}/u.test(short)).to.equal(/\p{Surrogate}/u.test(text));
      }),
    );
  });
});

describe("escaping for markup", () => {
  it("leaves HTML no tag, entity or quote", () => {
    expect(escapeHtml(`<b a="1" c='2'>&amp;\u001b`)).to.equal("&#60;b a=&#34;1&#34; c=&#39;2&#39;&#62;&#38;amp;\\x1b");
  });

  it("leaves Markdown text no markup, mention, issue link or table bar", () => {
    expect(escapeMarkdown("a|b *c* <i> @me #1")).to.equal("a\\|b \\*c\\* &lt;i&gt; @<!-- -->me #<!-- -->1");
    expect(["1. x", "- x", "# x", "    x"].map(escapeMarkdown)).to.deep.equal(["1\\. x", "\\- x", "\\# x", "x"]);
    expect(escapeMarkdown("see https://example.org\n# x")).to.equal("see https:<!-- -->//example.org\\\\n# x");
  });

  it("encloses code in more backticks than it holds", () => {
    expect(markdownCode("a`b``c|d")).to.equal("```a`b``c\\|d```");
    expect(markdownCode("`")).to.equal("`` ` ``");
    expect(markdownCode("")).to.equal("` `");
    expect(markdownBlock("```\nx")).to.equal("````text\n```\nx\n````");
  });
});
