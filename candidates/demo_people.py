"""Who logs in to the demonstration through an institution; without Django, so that stand-in providers can read it."""

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
