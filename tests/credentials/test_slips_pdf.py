"""Slips as PDF: everything is on the paper, inside its block, in every script, and nothing secret beside it."""

import re
import zlib
from base64 import a85decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from candidates.credentials.paper.canvas import HEIGHT, MARGIN, WIDTH
from candidates.credentials.pdf_text import BOX, LEADING, fit, legend, printable
from candidates.credentials.scripts import BOLD, MONO, SANS, register_fonts, runs, text_width
from candidates.credentials.slips_pdf import not_printable, render_pdf
from tests.credentials.slip_data import OPENS, PASSWORD, a_sheet, a_slip

LAYOUTS = ["page", "compact"]
LONG = ("Advanced quantitative methods in the history of northern seafaring and trade, " * 7)[:500]


@pytest.fixture(autouse=True)
def _fonts():
    register_fonts()


@pytest.fixture
def drawn(monkeypatch):
    """Return the list that fills with every text drawn: (text, font, size, left, baseline, in a form)."""
    texts = []
    originals = {"drawString": Canvas.drawString, "drawRightString": Canvas.drawRightString}

    def spy(name):
        def draw(canvas, x, y, text, *args, **kwargs):
            left = x if name == "drawString" else x - stringWidth(text, canvas._fontname, canvas._fontsize)
            # a form is drawn at the top of the paper and then moved to its slip
            texts.append((text, canvas._fontname, canvas._fontsize, left, y, bool(canvas._formData)))
            return originals[name](canvas, x, y, text, *args, **kwargs)

        return draw

    for name in originals:
        monkeypatch.setattr(Canvas, name, spy(name))
    return texts


def streams(pdf: bytes) -> list[bytes]:
    """Return the streams of a PDF, unpacked."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        raw = a85decode(stream.strip()[:-2]) if stream.strip().endswith(b"~>") else stream
        try:
            found.append(zlib.decompress(raw))
        except zlib.error:
            found.append(raw)
    return found


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.mark.parametrize(
    ("layout", "count", "expected"),
    [("page", 1, 1), ("page", 7, 7), ("compact", 1, 1), ("compact", 6, 1), ("compact", 7, 2)],
)
def test_the_number_of_pages(layout, count, expected):
    assert pages(render_pdf(a_sheet(*(a_slip(str(n)) for n in range(count))), layout=layout)) == expected


@pytest.mark.parametrize(("layout", "expected"), [("page", 9), ("compact", 4)])
def test_six_per_page_each_room_begins_on_a_sheet_of_its_own(layout, expected):
    rooms = ["V101"] * 7 + ["V102", "V103"]  # seven slips are two sheets
    slips = [a_slip(str(number), room=room) for number, room in enumerate(rooms)]
    assert pages(render_pdf(a_sheet(*slips), layout=layout)) == expected


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_slip_has_id_username_password_room_version_count_and_time(layout, drawn):
    slips = [a_slip(f"24{n:02}", password=f"aaaa-bbbb-ccc{n:02}", room=f"R{n}", version=n) for n in range(10, 17)]
    render_pdf(a_sheet(*slips), layout=layout)
    texts = [text for text, *_ in drawn]
    for number, slip in enumerate(slips, start=1):
        assert {slip.candidate_id, slip.password, f"Nordbygg {slip.room}", f"{number} of 7"} <= set(texts)
        assert any(f"ersion {slip.version}" in text for text in texts)
    assert texts.count("cz6e-p34v") == 7
    assert any("09:00–13:00 Oslo time" in text for text in texts)
    assert "exam.havnes.example" in texts


@pytest.mark.parametrize(("layout", "hero", "keys"), [("page", 48, 22), ("compact", 30, 16)])
def test_the_usual_slip_has_the_sizes_of_the_prototype(layout, hero, keys, drawn):
    render_pdf(a_sheet(a_slip()), layout=layout)
    sizes = {text: (font, size) for text, font, size, *_ in drawn}
    assert sizes["2490"] == (BOLD, hero)
    assert sizes[PASSWORD] == (MONO, keys)


AWKWARD = [
    a_slip("W" * 255, test_name="W" * 500, building="W" * 100, room="W" * 100, extra_minutes=45, duration_minutes=180),
    a_slip("candidate-2027-00000001", test_name=LONG, ends_at_latest=True, duration_minutes=180, extra_minutes=45),
    a_slip("Ødegård-Кирилл-Ωμέγα-0123456789", building="", room=""),
    a_slip("𓀀𓂀𓀀𓂀 אבג", test_name="中" * 500),
    a_slip(
        ends_at=OPENS + timedelta(days=120),
        test_name="W" * 500,
        ends_at_latest=True,
        duration_minutes=2880,
        extra_minutes=2880,
    ),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slip", AWKWARD, ids=["wide", "long", "greek", "boxes", "over months"])
def test_no_text_leaves_the_paper_or_stands_on_another(layout, slip, drawn):
    render_pdf(a_sheet(slip, login_address="https://exam." + "x" * 50 + ".havnes.example/login"), layout=layout)
    boxes = []
    for text, font, size, left, y, in_form in drawn:
        # a form is drawn at the top of the paper; on the compact sheet it is then moved down to its slip
        baseline = y - MARGIN if in_form and layout == "compact" else y
        right = left + stringWidth(text, font, size)
        assert left >= MARGIN - 0.1
        assert right <= (WIDTH - MARGIN if layout == "page" else WIDTH / 2) + 0.1
        assert MARGIN - 25 < baseline < HEIGHT - MARGIN + 5
        boxes.append((left, right, baseline - 0.1 * size, baseline + 0.7 * size, text))
    for index, (left, right, low, high, text) in enumerate(boxes):
        for other_left, other_right, other_low, other_high, other in boxes[:index]:
            apart = right <= other_left + 0.1 or other_right <= left + 0.1 or high <= other_low or other_high <= low
            assert apart, (text, other)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_candidate_id_of_255_letters_is_printed_whole(layout, drawn):
    candidate_id = "".join(f"{n:05}" for n in range(51))
    render_pdf(a_sheet(a_slip(candidate_id)), layout=layout)
    hero = [text for text, font, *_ in drawn if font == BOLD and text.isdigit()]
    assert "".join(hero) == candidate_id
    assert not_printable(a_sheet(a_slip(candidate_id)), layout=layout) == []


def test_letters_that_the_fonts_lack_become_boxes_that_are_explained(drawn):
    render_pdf(a_sheet(a_slip("𓀀7"), a_slip("𓂀7")))
    texts = [text for text, *_ in drawn]
    assert texts.count(f"{BOX}7") == 2
    assert "□ = U+13000" in texts
    assert "□ = U+13080" in texts


def test_candidates_whose_slips_lose_letters_are_named():
    slips = [a_slip("1004"), a_slip("𓀀7"), a_slip("Ødegård 中村 הללי"), a_slip("5", room="𓂀"), a_slip("\u16a0")]
    assert not_printable(a_sheet(*slips)) == ["𓀀7", "5", "\u16a0"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("username", "lost"), [("anne-marie.berg", []), ("𓀀", ["2490"]), ("w" * 2000, ["2490"])])
def test_a_chosen_username_that_cannot_be_typed_from_the_paper_is_named(layout, username, lost):
    assert not_printable(a_sheet(a_slip(username=username, has_chosen_name=True)), layout=layout) == lost


@pytest.mark.parametrize(
    ("text", "shown", "missing"),
    [
        ("Åse Ødegård", "Åse Ødegård", ()),
        ("Кирилл Ωμέγα", "Кирилл Ωμέγα", ()),
        ("中村 김", "中村 김", ()),
        ("אב1", "אב1", ()),
        ("नि\u200dल", "नि\u200dल", ()),
        ("𓀀7", f"{BOX}7", ("𓀀",)),
        ("a\u200db\ufe0f", "ab", ()),
        ("a\u00a0b\nc", "a b c", ()),
    ],
)
def test_what_can_be_shown(text, shown, missing):
    assert printable(text, BOLD) == (shown, missing)


@pytest.mark.parametrize(
    ("text", "fonts", "shown"),
    [
        ("Ødegård", [BOLD], "Ødegård"),
        # "Levi" in Hebrew: the first letter stands last
        ("לוי", ["NotoSansHebrew-Regular"], "יול"),
        ("Levi (לוי) 12", [BOLD, "NotoSansHebrew-Regular", BOLD], "Levi (יול) 12"),
        ("לוי, Dan", [BOLD, BOLD, "NotoSansHebrew-Regular"], "Dan ,יול"),
        ("王 김", ["DroidSansFallbackFull", "NanumSquareR"], "王 김"),
    ],
)
def test_each_letter_comes_from_the_font_of_its_script_in_the_order_of_reading(text, fonts, shown):
    found = runs(text, BOLD)
    assert [run.font for run in found] == fonts
    assert "".join(run.text for run in found) == shown


@pytest.mark.parametrize("text", ["क्षत्रिय", "محمد", "ശ്രീ", "ខ្មែរ", "ကြိုး", "শ্রী"])
def test_letters_that_join_are_drawn_joined(text):
    (run,) = runs(text, SANS)
    assert run.text != text
    letter_by_letter = sum(text_width(letter, SANS, 1) for letter in text)
    assert 0 < run.width != pytest.approx(letter_by_letter)


def test_a_long_legend_says_that_there_is_more():
    assert legend(tuple("中文教室中文教室")).endswith("…")


@pytest.mark.parametrize("text", ["2490", "a-b-" * 60, LONG, "W" * 500, "x", "Wi " * 80])
@pytest.mark.parametrize(("width", "height"), [(500, 58), (150, 30), (60, 12)])
def test_fitted_lines_fit(text, width, height):
    fitted = fit(text, SANS, width=width, height=height, largest=48, smallest=5)
    assert all(text_width(line, SANS, fitted.size) <= width for line in fitted.lines)
    assert fitted.size * LEADING * len(fitted.lines) <= height
    if fitted.whole:
        assert "".join(fitted.lines).replace(" ", "") == text.replace(" ", "")
    else:
        assert fitted.lines[-1].endswith("…")


def test_a_word_is_made_smaller_rather_than_broken():
    fitted = fit("candidate000001", BOLD, width=330, height=58, largest=48, smallest=7)
    assert fitted.lines == ("candidate000001",)
    assert fitted.size > 30


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_properties_hold_nothing_of_a_candidate_and_the_fonts_are_embedded(layout):
    pdf = render_pdf(a_sheet(a_slip("CANARY-ID", test_name="CANARY-TEST", room="CANARY-ROOM")), layout=layout)
    outside = re.sub(rb"stream\r?\n.*?endstream", b"", pdf, flags=re.DOTALL)
    for secret in (b"CANARY", PASSWORD.encode(), b"cz6e-p34v"):
        assert secret not in outside
    assert b"/Title (Candidate login details)" in outside
    assert b"/Lang (en" in outside
    assert b"Helvetica" not in outside
    assert outside.count(b"/FontFile2") == 3


def test_the_qr_code_is_drawn_once_for_all_pages():
    few, many = (streams(render_pdf(a_sheet(*(a_slip(str(n)) for n in range(count))))) for count in (2, 20))
    with_qr = [[stream for stream in found if stream.count(b" re") > 100] for found in (few, many)]
    assert [len(found) for found in with_qr] == [1, 1]


def test_every_compact_sheet_has_lines_to_cut_along_between_the_slips(monkeypatch):
    dashed = []
    places = []
    original_line, original_form = Canvas.line, Canvas.doForm

    def line(canvas, *ends):
        dashed.extend([ends] if "[3 3] 0 d" in canvas._code else [])
        original_line(canvas, *ends)

    def form(canvas, name):
        places.append((canvas.getPageNumber(), name, canvas.absolutePosition(0, 0)))
        original_form(canvas, name)

    monkeypatch.setattr(Canvas, "line", line)
    monkeypatch.setattr(Canvas, "doForm", form)
    render_pdf(a_sheet(*(a_slip(str(n)) for n in range(13))), layout="compact")
    assert [x1 for x1, y1, x2, y2 in dashed if x1 == x2] == [WIDTH / 2]
    assert [HEIGHT - MARGIN - y1 for x1, y1, x2, y2 in dashed if y1 == y2] == pytest.approx([255, 510])
    cuts = places[0][1]
    assert [(page, place) for page, name, place in places if name == cuts] == [(1, (0, 0)), (2, (0, 0)), (3, (0, 0))]


def test_two_at_once_do_not_mix():
    sheets = [a_sheet(*(a_slip(f"{letter}{n}") for n in range(40))) for letter in "abcd"]
    with ThreadPoolExecutor(4) as pool:
        together = [len(pdf) for pdf in pool.map(render_pdf, sheets)]
    alone = [len(render_pdf(sheet)) for sheet in sheets]
    assert all(abs(one - other) < 200 for one, other in zip(together, alone, strict=True))
