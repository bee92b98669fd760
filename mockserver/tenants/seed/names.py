"""The words of made-up organizations: names of many languages, and names that break software.

If the letters of a name have no plain spelling in ASCII, one follows after a bar, for addresses. `Müller` needs none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

ORGANIZATIONS = ("Aurora", "Borealis", "Cascade", "Dunegrass", "Ember", "Fjordlight", "Granite", "Harbour")

_FIRST = """
Anna Ben Carla David Elena Frank Grace Henry Iris Jonas Karen Liam Mia Noah Olivia Peter Quinn Rosa Samuel Tara Umberto Vera
William Xenia Yara Zoe Amélie André Béatrice Björn Chloé Dörte Éloïse Françoise Günther Håkan İpek|ipek Jürgen José Jiří Lucía
Márta Małgorzata|malgorzata Nuño Ólafur Øyvind|oyvind Renée René Sørine|sorine Søren|soren Şebnem Siân Þóra|thora Tomáš Ülkü
Víctor Zoë Žofie Anne-Marie Jean-Luc D'Arcy Mary-Jane محمد|mohammed فاطمة|fatima ليلى|leila שרה|sarah דוד|dawid Дмитрий|dmitrij
Ольга|olga Ελένη|eleni Οδυσσέας|odysseas 太郎|taro 花子|hanako 伟|wei 秀英|xiuying 지훈|jihun 서연|seoyeon आरव|aarav अनन्या|ananya
สมชาย|somchai Nguyễn|nguyen Chidi Ngozi Kwame Amara Thandiwe Sipho Aroha Kai Leilani Mateo Camila Thiago Priya Arjun Jo Al O
"""
_LAST = """
Smith Johnson Miller Davis Wilson Anderson Taylor Thomas Moore Jackson Martin Lee Thompson White Harris Clark Lewis
Walker Hall Young King Wright Scott Green Baker Adams Nelson Carter Mitchell Roberts Turner Phillips Parker Evans
Edwards Collins Stewart Müller Schröder Groß|gross Weiß|weiss Köhler Jäger Bäcker Sjögren Ångström Lindqvist
Kjær|kjaer Nørgård|noergaard Østergaard|oestergaard Łukasiewicz|lukasiewicz Wójcik Dvořák Čapek Novák Šimunić
Đorđević|djordjevic Yılmaz|yilmaz Çelik Öztürk Şahin García Muñoz Núñez Peña Gonçalves Araújo Côté Lefèvre Béranger
Hélène D'Angelo O'Brien O’Connor MacDonald McKenzie Van-Dyke Saint-Exupéry الأحمد|alahmad حداد|haddad كوهين|kuhin
כהן|kohen לוי|lewi Иванова|ivanova Петров|petrov Παπαδόπουλος|papadopoulos Γεωργίου|georgiou 田中|tanaka 鈴木|suzuki
王|wang 李|li 김|kim 박|pak शर्मा|sharma पटेल|patel ศรีสุข|srisuk Trần|tran Okafor Adeyemi Mensah Dlamini Ngata
Kealoha Fernández Silva Santos Iyer Rao Ng Wu Ó X
"""
_COMPANY = """
Brightwater Northgate Silverline Oakridge Redstone Bluebird Greenfield Stonebridge Clearview Ironwood Highland Riverside
Kestrel Lighthouse Maple Nimbus Orchard Pinnacle Quarry Saffron Thistle Umbra Vantage Willow Zephyr Ångström Überblick Élan Ñandú
"""
_TRADE = """
Robotics Logistics Analytics Foods Textiles Energy Pharma Studios Systems Labs Partners Marine Optics Ceramics Media Freight
"""

COMPANY_ODDITIES = (
    "Café Zürcher & Söhne|cafe-zuercher",
    "株式会社ひかり|hikari",
    "שלום טכנולוגיות|shalom-tech",
    "شركة النور للتجارة|alnoor",
    "ООО «Ромашка»|romashka",
    "🚀 Rocket Foundry 🚀|rocket-foundry",
    "<script>alert('company')</script>|script",
    '"Quoted" & Sons, Ltd.|quoted-sons',
    "O'Hare \\ Backslash / Slash|slash",
    "100% Pure; DROP TABLE contacts;--|pure",
    "null|null",
    "Straße 9 GmbH|strasse",
    "ΟΔΥΣΣΕΥΣ Α.Ε.|odysseus",
    "X|x",
    "W" * 255 + "|w",
)

TITLES = (
    "CEO",
    "Head of Sales",
    "VP, Engineering & Operations",
    "Geschäftsführerin",
    "Directrice générale",
    "営業部長",
    "מנהלת שיווק",
    'Chief "Happiness" Officer',
    "Développeur·se",
    "R&D <Lead>",
    "",
    "T" * 255,
)

LOCATIONS = (
    "Berlin, Germany",
    "São Paulo, Brasil",
    "Reykjavík",
    "İstanbul, Türkiye",
    "東京都",
    "תל אביב",
    "القاهرة",
    "St. John's, NL",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch, Wales",
    "New York, NY 🗽",
)

CONTACT_ODDITIES: tuple[Mapping[str, object], ...] = (
    dict.fromkeys(
        ("email", "firstName", "lastName", "title", "companyName", "companyDomain", "linkedinUrl", "location")
    ),
    {"firstName": None},
    {"lastName": None, "companyName": None},
    {"email": None, "linkedinUrl": None},
    {"firstName": "", "lastName": "", "title": "", "location": ""},
    {"firstName": " ", "title": None},
    {"firstName": "A" * 255, "lastName": "Ö" * 255},
    {"lastName": "<script>alert(1)</script>"},
    {"firstName": "Robert'); DROP TABLE contacts;--", "lastName": "Tables"},
    {"firstName": 'Dwayne "The Dot"', "lastName": "O'Néill-Smythe"},
    {"firstName": "🦊", "lastName": "👩‍👩‍👧‍👦"},
    {"firstName": "محمد", "lastName": "عبد الرحمن"},
    {"firstName": "שרה", "lastName": "בן־גוריון"},
    {"lastName": "\u202egnidaeR"},
    {"firstName": "Zoe\u0308", "lastName": "A\u030angstro\u0308m"},
    {"firstName": "İPEK", "lastName": "STRAẞE"},
    {"firstName": "Line\nBreak", "lastName": "Tab\tStop"},
    {"firstName": "C:\\temp", "lastName": "%00%2e%2e"},
    {"firstName": "null", "lastName": "undefined"},
    {"firstName": "0", "lastName": "-1e309"},
    {"firstName": "{{7*7}}", "lastName": "${jndi}"},
    {"qualificationScore": 0},
    {"qualificationScore": 99.5},
    {"title": "🤷" * 60},
)

LIST_NAMES = (
    "Q{n} Outreach",
    "Conference leads {n}",
    "Händler {n}",
    "Clients «fidèles» {n}",
    "新規リード {n}",
    "לקוחות {n}",
    "Win-back 💔 → 💚 {n}",
    "<b>Bold</b> prospects {n}",
    "Don't contact {n}",
    "Webinar {n}/2026, 100%",
)

LIST_DESCRIPTIONS = (
    "Imported by {organization}.",
    None,
    "",
    'Said to be "warm"; see notes\nof {organization} — ½ are old.',
    "Lorem ipsum " * 100 + "{organization}",
)

SUBJECTS = (
    "Quick question, {first}",
    "{first}, an idea for {company}",
    "Re: Re: «{company}» 🤝",
    "¿Hablamos? — {first}",
    "ご挨拶：{company}",
    "שלום {first}",
    "<no subject>",
    "",
    'Your "2026" roadmap & ours; 50% done?',
    "A very long subject for {company}: " + "and so on, " * 80,
)

BODIES = (
    "Hi {first},\n\ngreetings from {organization}. We saw what {company} does and have a question.\n\nBest,\n{organization}",
    "Dear {first},\n\n{organization} helps teams like {company}'s. Costs: 1 < 2 & 3 > 2.\n\n— {organization}",
    '<p>Hallo {first},</p><p>schöne Grüße von {organization}. <a href="https://{marker}.example/?a=1&b=2">Mehr</a></p>',
    "שלום {first},\n\n{organization} כאן. 😀\n\nتحياتي",
    "{first}, {organization} again.\r\n\r\n" + "We would love to hear from {company}. " * 300,
)

REPLIES = ("Sounds good, let's talk!", "Nein, danke.", "はい、お願いします 🙏", 'Who is "this"?')

FINDINGS = (
    ("Company", "{company} opened a second office; {organization} noted it."),
    ("Person", "{first} spoke at a conference on “quiet” sales."),
    ("Signals", "Hiring: 3 roles. Funding: none. 📈 <em>Growing</em>."),
    ("Résumé", "{first} a travaillé à Orléans."),
    ("Empty", ""),
)


class Name(NamedTuple):
    """A name as it is shown, and in ASCII for use in an address."""

    shown: str
    plain: str


def plain(name: str) -> str:
    """A name in lower-case ASCII letters and digits, its words joined by dashes; letters without a plain form are dropped."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", bare.replace("'", "")).strip("-")


def _name(text: str) -> Name:
    shown, _, spelled = text.partition("|")
    return Name(shown, spelled or plain(shown))


FIRST_NAMES = tuple(map(_name, _FIRST.split()))
LAST_NAMES = tuple(map(_name, _LAST.split()))
COMPANIES = tuple(_name(f"{first} {trade}") for first in _COMPANY.split() for trade in _TRADE.split())
COMPANIES += tuple(map(_name, COMPANY_ODDITIES))
