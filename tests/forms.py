#!/usr/bin/env python3
"""The same table in each form gives the same rows, types and claims.

    tests/forms.py BUILD_DIR [FORM...]

Makes tables by chance, a few of which state a wrong total, writes each as CSV, XLSX,
ODS, HTML and JSON, every second one with two rows of names and a claim by pattern, and runs
the muster of BUILD_DIR on all of them with one pipeline but for the parser's name and, in JSON, without the notes that the others have between their
rows.  What CSV gives is compared with what the others give: the exit status, the dataset
as CSV byte for byte, the columns and types of the SQLite dataset, the sums, how many
checks passed and failed, and the findings of claims.  FORM is the forms to try; else all
that BUILD_DIR has a parser for are.

A table that is valid and one that is not have to be among them, else the test fails.
"""
import csv
import datetime
import html
import json
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import zipfile

TABLES, ROWS = 12, 120
HEADER = ["country", "code", "as_of", "mission", "police", "troops", "total", "share", "armed"]
# Above it in every second table, but for JSON, whose rows have names.
ABOVE = [None, None, "reported", None, "personnel", "personnel", "personnel", None, "personnel"]
COUNTRIES = ["Albania", "Côte d'Ivoire", "Korea, Republic of", 'The "Two" Islands',
             "Fiji & Tonga", "Congo <east>", "Ελλάδα", "中国", "São Tomé"]
NUMBERS = ["police", "troops", "total"]
PIPELINE = """
muster: 1
name: forms
sources:
  table:
    - fetch: file
      path: table.{form}
    - parse: {form}
{notes}      columns:
        - {{name: country}}
        - {{name: code}}
        - {{name: as_of, type: date}}
        - {{name: mission}}
        - {{name: police, type: integer, measure: true, zero: '-', missing: [NA, x]}}
        - {{name: troops, type: integer, measure: true, zero: '-', missing: [NA, x]}}
        - {{name: total, type: integer, measure: true, zero: '-', missing: [NA, x]}}
        - {{name: share, type: number}}
        - {{name: armed, type: boolean}}
        - {{name: police_status, status_of: police}}
      claims:
        - {{name: mission, column: country, match: Total}}
        - {{name: all, column: mission, match: All}}
    - validate: totals
      by: [mission]
    - validate: balance
      rules:
        - {{name: kinds, total: total, parts: [police, troops]}}
dataset:
  - export: csv
    path: rows.csv
  - export: sqlite
    path: rows.sqlite
"""


# ----------------------------------------------------------------- tables

def number_maybe(chance, most):
    """A number, or one of the texts that stand for zero or none."""
    if chance.random() < 0.85:
        return chance.randrange(most)
    return chance.choice(["-", "NA", "x", None])


def known(cell):
    return 0 if cell == "-" else cell if isinstance(cell, int) else None


def row_made(chance, mission, number):
    """One mission has numbers that are not known; the total always is."""
    police, troops = number_maybe(chance, 40), number_maybe(chance, 3000)
    hidden = [cell for cell in (police, troops) if known(cell) is None]
    if mission != "UN-1":
        police, troops, hidden = known(police) or 0, known(troops) or "-", []
    day = datetime.date(2004, 2, 29) + datetime.timedelta(days=chance.randrange(7000))
    return {
        "country": chance.choice(COUNTRIES), "code": f"{number:05}", "as_of": day,
        "mission": mission, "police": police, "troops": troops,
        "total": (known(police) or 0) + (known(troops) or 0) + 7 * len(hidden),
        "share": chance.choice([None, 0.5, 0.1, -12.25, 1e-7, 3.1146760000000002]),
        "armed": chance.choice([True, False, None]),
    }


def claim_made(chance, rows, **keys):
    """What a publisher states of some rows, a few times wrongly.  Of those with numbers
    that are not known, police is stated and cannot be compared."""
    claim = dict.fromkeys(HEADER)
    claim.update(keys)
    for name in NUMBERS:
        if name != "troops" or all(known(row[name]) is not None for row in rows):
            claim[name] = sum(known(row[name]) or 0 for row in rows)
    if chance.random() < 0.1:
        claim["total"] += 9
    return claim


def table_made(chance):
    table, rows = [], []
    for mission in ["KFOR", "UN-1", "0123"]:
        part = [row_made(chance, mission, len(rows) + i) for i in range(ROWS // 3)]
        rows += part
        table += part + [claim_made(chance, part, country="Total", mission=mission)]
    return table + [claim_made(chance, rows, country="Total", mission="All")]


def notes_added(chance, table):
    """Rows with nothing but a text, below the table and between its rows."""
    def note():
        row = dict.fromkeys(HEADER)
        row[chance.choice(["country", "mission"])] = chance.choice(["* armed", "Source: <UN>"])
        return row

    at = sorted(chance.sample(range(len(table)), 3), reverse=True)
    table = list(table)
    for i in at:
        table.insert(i, note())
    return table + [note(), note()]


def text_of(cell):
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


# ------------------------------------------------------------------ forms

def write_csv(table, path, headers):
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([text_of(name) for name in header] for header in headers)
        writer.writerows([text_of(row[name]) for name in HEADER] for row in table)


def write_json(table, path, _headers):
    def plain(cell):
        return cell.isoformat() if isinstance(cell, datetime.date) else cell

    rows = [{name: plain(row[name]) for name in HEADER} for row in table]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


def write_html(table, path, headers):
    def cells(tag, texts):
        return "<tr>" + "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts) + "</tr>\n"

    body = "".join(cells("td", [text_of(row[name]) for name in HEADER]) for row in table)
    path.write_text('<!DOCTYPE html>\n<meta charset="utf-8">\n<table>\n' +
                    "".join(cells("th", map(text_of, header)) for header in headers) + body +
                    "</table>\n", encoding="utf-8")


def write_zip(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in parts.items():
            out.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else None)


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
FORMAT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def xlsx_cell(cell):
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return f'<c t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, datetime.date):
        return f'<c s="1"><v>{(cell - datetime.date(1899, 12, 30)).days}</v></c>'
    if isinstance(cell, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{html.escape(cell)}</t></is></c>'
    return f"<c><v>{cell!r}</v></c>"


def xlsx_row(cells):
    return "<row>" + "".join(xlsx_cell(cell) or "<c/>" for cell in cells) + "</row>"


def write_xlsx(table, path, headers):
    rows = headers + [[row[name] for name in HEADER] for row in table]
    write_zip(path, {
        "[Content_Types].xml":
            f'<Types xmlns="{PACKAGE}content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{FORMAT}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{FORMAT}.styles+xml"/>'
            f'<Override PartName="/xl/sheet.xml" ContentType="{FORMAT}.worksheet+xml"/></Types>',
        "_rels/.rels":
            f'<Relationships xmlns="{PACKAGE}relationships"><Relationship Id="a" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels":
            f'<Relationships xmlns="{PACKAGE}relationships">'
            f'<Relationship Id="a" Type="{OFFICE}/worksheet" Target="sheet.xml"/>'
            f'<Relationship Id="b" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/workbook.xml":
            f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="table" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/styles.xml":
            f'<styleSheet xmlns="{SHEET}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
            '</cellXfs></styleSheet>',
        "xl/sheet.xml":
            f'<worksheet xmlns="{SHEET}"><sheetData>' + "".join(map(xlsx_row, rows)) +
            "</sheetData></worksheet>",
    })


DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns:"


def ods_cell(cell):
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, bool):
        value = f'office:value-type="boolean" office:boolean-value="{text_of(cell)}"'
    elif isinstance(cell, datetime.date):
        value = f'office:value-type="date" office:date-value="{cell}"'
    elif isinstance(cell, str):
        value = 'office:value-type="string"'
    else:
        value = f'office:value-type="float" office:value="{cell!r}"'
    return f"<table:table-cell {value}><text:p>{html.escape(text_of(cell))}</text:p></table:table-cell>"


def ods_row(cells):
    return "<table:table-row>" + "".join(map(ods_cell, cells)) + "</table:table-row>"


def write_ods(table, path, headers):
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    rows = headers + [[row[name] for name in HEADER] for row in table]
    write_zip(path, {
        "mimetype": kind,
        "META-INF/manifest.xml":
            f'<manifest:manifest xmlns:manifest="{DOCUMENT}manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" '
            'manifest:media-type="text/xml"/></manifest:manifest>',
        "content.xml":
            f'<office:document-content xmlns:office="{DOCUMENT}office:1.0" '
            f'xmlns:table="{DOCUMENT}table:1.0" xmlns:text="{DOCUMENT}text:1.0">'
            '<office:body><office:spreadsheet><table:table table:name="table">' +
            "".join(map(ods_row, rows)) +
            "</table:table></office:spreadsheet></office:body></office:document-content>",
    })


FORMS = {"csv": write_csv, "xlsx": write_xlsx, "ods": write_ods,
         "html": write_html, "json": write_json}


# ------------------------------------------------------------------- runs

def types_of(path):
    database = sqlite3.connect(path)
    types = [row[1:3] for row in database.execute("PRAGMA table_info(dataset)")]
    database.close()
    if not types:
        sys.exit(f"{path} has no table 'dataset'")
    return types


def outcome(muster, folder, form, header_rows):
    """What a run gives, without what is of the form: paths and places."""
    notes = "" if form == "json" else (f"      header_rows: {header_rows}\n"
                                       "      notes: ['^Source: ', '^[*] ']\n")
    pipeline = PIPELINE.format(form=form, notes=notes)
    if header_rows > 1:
        pipeline = pipeline.replace("match: Total}", "pattern: ^Tot}")
    (folder / f"{form}.yaml").write_text(pipeline, encoding="utf-8")
    run = subprocess.run([muster, "run", f"{form}.yaml", "--out", f"out-{form}",
                          "--report", f"json={form}.json"], cwd=folder, check=False,
                         capture_output=True, text=True)
    out = folder / f"out-{form}"
    if run.returncode > 1:
        return {"exit": run.returncode, "said": run.stdout + run.stderr}
    report = json.loads((folder / f"{form}.json").read_text(encoding="utf-8"))
    return {
        "exit": run.returncode,
        "rows": (out / "rows.csv").read_bytes() if run.returncode == 0 else None,
        "types": types_of(out / "rows.sqlite") if run.returncode == 0 else None,
        "dataset": report["dataset"],
        "checks": report["summary"]["checks"],
        "findings": sorted((finding["code"].replace(f"{form}/", ""), finding["severity"],
                            finding["message"]) for finding in report["findings"]
                           if not finding["code"].endswith("/notes")),
    }


def differences(seed, muster, forms, folder):
    """Lines that say what is not as from CSV, and how many checks passed and failed."""
    chance, seen = random.Random(seed), {}
    table = table_made(chance)
    noted = notes_added(chance, table)
    headers = [ABOVE, HEADER] if seed % 2 else [HEADER]
    for form in forms:
        FORMS[form](table if form == "json" else noted, folder / f"table.{form}", headers)
        seen[form] = outcome(muster, folder, form, len(headers))
    lines = [f"table {seed}: {form}: {what} is {other.get(what)!r:.2000}, from csv {value!r:.2000}"
             for form, other in seen.items()
             for what, value in seen["csv"].items() if other.get(what) != value]
    return lines, seen["csv"]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    forms = sys.argv[2:] or [form for form in FORMS
                             if (build / "plugins" / "parse" / f"{form}.so").exists()]
    forms = ["csv"] + [form for form in forms if form != "csv"]
    wrong, valid, checks = [], 0, {}
    for seed in range(TABLES):
        with tempfile.TemporaryDirectory() as folder:
            lines, first = differences(seed, build / "muster", forms, pathlib.Path(folder))
        wrong += lines
        valid += first["exit"] == 0
        for name, count in first.get("checks", {}).items():
            checks[name] = checks.get(name, 0) + count
    print("\n".join(wrong + [f"{TABLES} tables as {', '.join(forms)}: {valid} valid, checks "
                             f"{checks}; {len(wrong)} differences"]))
    return 1 if wrong or not 0 < valid < TABLES else 0


if __name__ == "__main__":
    sys.exit(main())
