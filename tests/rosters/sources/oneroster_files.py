"""Make OneRoster packages as student systems send them."""

import csv
import io
import os
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Mapping[str, str]]
HEADS = {
    "users": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,"
    "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
    "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate",
    "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
    "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "courses": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,"
    "subjectCodes",
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "userProfiles": "sourcedId,status,dateLastModified,userSourcedId,profileType,vendorId,applicationId,description,"
    "credentialType,username,password",
}


def table(name: str, rows: Rows) -> bytes:
    """Return a table as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADS[name].split(","))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def manifest(states: Mapping[str, str], version: str = "1.1") -> bytes:
    """Return a manifest.csv."""
    lines = ["propertyName,value", "manifest.version,1.0", f"oneroster.version,{version}"]
    lines += [f"file.{name},{state}" for name, state in states.items()]
    return "\n".join([*lines, "source.systemName,Example", ""]).encode()


def files(
    tables: Mapping[str, Rows], *, version: str = "1.1", delta: Sequence[str] = (), **states: str
) -> dict[str, bytes]:
    """Return the files of a package; tables that are not named are absent."""
    said = {name: "absent" for name in HEADS if name not in tables}
    said |= {name: "delta" if name in delta else "bulk" for name in tables} | states
    return {
        "manifest.csv": manifest(said, version),
        **{f"{name}.csv": table(name, rows) for name, rows in tables.items()},
    }


def packed(members: Mapping[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", way) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def put(folder: Path, data: bytes, name: str = "oneroster.zip", *, changed: float = 1_000_000) -> Path:
    """Put a file into the folder, as one that changed so many seconds after 1970."""
    path = folder / name
    path.write_bytes(data)
    os.utime(path, (changed, changed))
    return path


def later(seconds: float) -> float:
    """Return the time in so many seconds, for a clock that a test sets."""
    return time.time() + seconds


def user(number: int, **more: str) -> dict[str, str]:
    """Return a student of users.csv."""
    return {
        "sourcedId": f"u{number}",
        "enabledUser": "true",
        "role": "student",
        "username": f"user{number}",
        "userIds": f"{{LDAP:ldap{number}}},{{LTI:lti-{number}}}",
        "givenName": "Kari",
        "familyName": f"Moe{'abcdefghij'[number % 10]}",
        "identifier": f"S{number:04}",
        "email": f"kari{number}@example.org",
    } | more


def enrolment(number: int, **more: str) -> dict[str, str]:
    """Return the enrolment of such a student in the first class."""
    found = {"sourcedId": f"e{number}", "classSourcedId": "c1", "userSourcedId": f"u{number}", "role": "student"}
    return found | more


def school(people: int = 3) -> dict[str, list[dict[str, str]]]:
    """Return the tables of two classes, of which the first has students and a teacher."""
    return {
        "users": [*map(user, range(1, people + 1)), user(90, role="teacher")],
        "enrollments": [*map(enrolment, range(1, people + 1)), enrolment(90, role="teacher")],
        "classes": [
            {"sourcedId": "c1", "title": "Group 1", "courseSourcedId": "k1", "termSourcedIds": "t1", "location": "A 1"},
            {"sourcedId": "c2", "title": "Group 2", "courseSourcedId": "k1", "termSourcedIds": "t1"},
        ],
        "courses": [{"sourcedId": "k1", "title": "Chemistry", "courseCode": "KJM1000"}],
        "academicSessions": [
            {"sourcedId": "t1", "title": "Autumn", "type": "term", "startDate": "2026-08-15", "endDate": "2026-12-20"}
        ],
    }
