"""The people of the demonstration; without Django, so that stand-in providers can import it."""

# By name: the SSO user ID. The first of these are people of the first SSO setup of the settings, and so on. The second
# setup's are made by its provider and tell nothing about a person, as an `oid` or a `sub` does.
SSO_PEOPLE: tuple[dict[str, str], ...] = (
    {
        "Agnes Thorsen": "agnes.thorsen@havnes.example",
        "Birger Nygård": "birger.nygård@havnes.example",
        "Cecilie Moen": "cecilie.moen@havnes.example",
        "Emil Sæther": "emil.sæther@havnes.example",
        "Frida Løken": "frida.løken@havnes.example",
        "Geir Tangen": "geir.tangen@havnes.example",
    },
    {
        "Hilde Våge": "7f3Qm-0417",
        "Ivar Skogly": "9sKd2-2290",
        "Johanne Brekke": "b8XwP-1035",
        "Knut Hellesøy": "Lz4tA-7781",
    },
)

# Names of one-time users, put together by turns: more than a hall holds, and none of anybody.
LAST_NAMES = (
    *(
        "Aas",
        "Al-Hashimi",
        "Axelsson",
        "Bergström",
        "Bui",
        "Eriksson",
        "Fagerli",
        "Hansen",
        "Ingebrigtsen-Bjerke",
        "Karlsen",
    ),
    *("Lunde", "Martinsen", "Moen", "Nguyen", "Ødegård", "Sunde-Isaksen", "Sæther", "Thapa", "Åsgård"),
)
FIRST_NAMES = ("Reidun", "Noor", "Selma", "Wei", "Åse", "Hodan", "Lars", "Márjá", "Omar Mina", "Solveig", "Brage")

# Permanent users: first name, last name, user name, external ID. Two of them have the same name; the last ones have a
# user name and a password of the system's own.
PERMANENT_PEOPLE: tuple[tuple[str, str, str, str], ...] = (
    ("Astrid", "Bakke", "astrid.bakke", "S204117"),
    ("Benjamin", "Dahl", "benjamin.dahl", "S204118"),
    ("Camilla", "Eide", "camilla.eide", "S204119"),
    ("David", "Fossum", "david.fossum", "S204120"),
    ("Eline", "Gjerde", "eline.gjerde", "S204121"),
    ("Fatima", "Hassan", "fatima.hassan", "S204122"),
    ("Gustav", "Iversen", "gustav.iversen", "S204123"),
    ("Helene", "Johansen", "helene.johansen", "S204124"),
    ("Isak", "Kvamme", "isak.kvamme", "S204125"),
    ("Julie", "Lien", "julie.lien", "S204126"),
    ("Kari", "Ødegård", "kari.odegard", "S204127"),
    ("Kari", "Ødegård", "kari.odegard2", "S204128"),
    ("Linnea", "Nyström", "linnea.nystrom", "S204129"),
    ("Magnus", "Olsen", "magnus.olsen", "S204130"),
    ("Nora", "Pettersen", "nora.pettersen", "S204131"),
    ("Oskar", "Ruud", "oskar.ruud", "S204132"),
    ("Pernille", "Strand", "", "S204133"),
    ("Rasmus", "Thoresen", "", "S204134"),
    ("Sunniva", "Ulriksen", "", "S204135"),
    ("Tobias", "Wang", "", "S204136"),
)
