#!/usr/bin/env python3
"""Writes archives.json: archives made by Python's tarfile, zipfile and GNU tar, and what tarfile finds in them.

`indexed`: tar archives (gzip, base64) with the name, place, size and kind of every entry.
`sound`: packed archives (base64), all but modes.zip holding `tree`.
`hostile`: archives that must not be unpacked.
`sparse`: GNU tar's two ways of storing a file with holes (gzip, base64): 1 MiB of zeros, "data" in the middle.
"""
import base64, bz2, gzip, io, json, lzma, os, stat, subprocess, tarfile, tempfile, zipfile

here = os.path.dirname(os.path.abspath(__file__))
long_name = "/".join(["a-rather-long-folder-name-%02d" % i for i in range(9)]) + "/picture.jpg"
middling_name = "/".join(["a-rather-long-folder-name-%02d" % i for i in range(5)]) + "/middle.jpg"
tree = [  # name, bytes or None for a folder
    ("set", None), ("set/train", None), ("set/train/cat", None),
    ("set/train/cat/1.txt", b"meow\n"), ("set/train/cat/2.txt", b"purr" * 300), ("set/empty.txt", b""),
    ("set/train/gr\u00fcn", None), ("set/train/gr\u00fcn/\u00e4.txt", b"leaf"), ("set/exact.bin", bytes(range(256)) * 2),
]
deep = [(long_name, b"deep"), ("x" * 100, b"hundred"), ("y" * 101, b"hundred and one")]


def packed(data):
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def plain(data):
    return base64.b64encode(data).decode()


def tar(entries, format=tarfile.GNU_FORMAT, **options):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, **options) as archive:
        for name, data in entries:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o644
            if data is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            elif isinstance(data, tuple):
                entry.type, entry.linkname = data
                archive.addfile(entry)
            else:
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def gnu_tar(*options):
    with tempfile.TemporaryDirectory() as folder:
        for name, data in [e for e in tree if e[1] is not None] + [(middling_name, b"middling")]:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        os.symlink("1.txt", os.path.join(folder, "set/train/cat/link.txt"))
        os.link(os.path.join(folder, "set/exact.bin"), os.path.join(folder, "set/same.bin"))
        names = ["set"] if "v7" in options[0] else ["set", middling_name.split("/")[0]]
        return subprocess.run(["tar", *options, "--sort=name", "--owner=0", "--group=0", "--mtime=@0", "-cf", "-", *names],
                              cwd=folder, check=True, stdout=subprocess.PIPE).stdout


def entries(data):
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        return [{"name": e.name, "offset": e.offset_data, "size": e.size,
                 "kind": "file" if e.isreg() else "folder" if e.isdir() else "other"} for e in archive]


def indexed():
    archives = {
        "python ustar": tar([e for e in tree] + [deep[1]], tarfile.USTAR_FORMAT),
        "python gnu": tar(tree + deep),
        "python pax": tar(tree + deep, tarfile.PAX_FORMAT),
        "python pax global": tar(tree + deep, tarfile.PAX_FORMAT, pax_headers={"comment": "a global header"}),
        "python links": tar([("a", b"1"), ("b", (tarfile.SYMTYPE, "z" * 150)), ("c", (tarfile.LNKTYPE, "a")), ("d", b"2")]),
        "python no entries": tar([]),
        "gnu v7": gnu_tar("--format=v7"),
        "gnu ustar": gnu_tar("--format=ustar"),
        "gnu gnu": gnu_tar("--format=gnu"),
        "gnu posix": gnu_tar("--format=posix"),
        "gnu label": gnu_tar("--format=gnu", "--label=a volume"),
    }
    return {name: {"archive": packed(data), "entries": entries(data)} for name, data in archives.items()}


def sparse(format):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "holes"), "wb") as file:
            file.truncate(1 << 20)
            file.seek(1 << 19)
            file.write(b"data")
        return subprocess.run(["tar", "--sparse", "--format=" + format, "-cf", "-", "holes"], cwd=folder, check=True,
                              stdout=subprocess.PIPE).stdout


def zipped(items, method=zipfile.ZIP_DEFLATED):
    """items: name, bytes, mode with file type (or None)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data, mode in items:
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = (mode or stat.S_IFREG | 0o644) << 16
            entry.compress_type = method
            archive.writestr(entry, data)
    return out.getvalue()


def whole_zip(method):
    return zipped([(n + "/" if d is None else n, d or b"", stat.S_IFDIR | 0o755 if d is None else None) for n, d in tree], method)


def zip_without_modes():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data, system in [("dos/a.txt", b"dos", 0), ("empty/", b"", 0), ("none/b.txt", b"none", 3)]:
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.create_system = system
            entry.external_attr = 0x10 if name.endswith("/") else 0x20 if system == 0 else 0
            archive.writestr(entry, data)
    return out.getvalue()


def sound():
    data = tar(tree, tarfile.PAX_FORMAT)
    return {
        "set.tar": gzip.compress(data, mtime=0), "set.tar.gz": gzip.compress(data, mtime=0),
        "set.tgz": gzip.compress(data, mtime=0), "set.tar.bz2": bz2.compress(data), "set.tar.xz": lzma.compress(data),
        "modes.zip": zip_without_modes(), "set.zip": whole_zip(zipfile.ZIP_DEFLATED), "stored.zip": whole_zip(zipfile.ZIP_STORED),
    }


def hostile():
    link = (stat.S_IFLNK | 0o777)
    tars = {
        "parent": [("fine", b"1"), ("../escaped", b"evil")],
        "parent within": [("a/../../escaped", b"evil")],
        "absolute": [("/tmp/separatrix-escaped", b"evil")],
        "link out, written through": [("door", (tarfile.SYMTYPE, "..")), ("door/escaped", b"evil")],
        "absolute link": [("door", (tarfile.SYMTYPE, "/etc"))],
        "link up": [("a", None), ("a/door", (tarfile.SYMTYPE, "../../outside"))],
        "link through link": [("a", None), ("a/in", (tarfile.SYMTYPE, ".")), ("a/up", (tarfile.SYMTYPE, "in/../../.."))],
        "link within, written through": [("a", None), ("door", (tarfile.SYMTYPE, "a")), ("door/x", b"evil")],
        "link to a file, written over": [("a", b"1"), ("door", (tarfile.SYMTYPE, "a")), ("door", b"evil")],
        "hard link out": [("door", (tarfile.LNKTYPE, "../outside"))],
        "absolute hard link": [("door", (tarfile.LNKTYPE, "/etc/passwd"))],
        "hard link to a symbolic link": [("a", b"1"), ("s", (tarfile.SYMTYPE, "a")), ("h", (tarfile.LNKTYPE, "s")), ("h", b"evil")],
        "hard link to nothing": [("door", (tarfile.LNKTYPE, "nothing"))],
        "device": [("zero", (tarfile.CHRTYPE, ""))],
        "block device": [("disk", (tarfile.BLKTYPE, ""))],
        "pipe": [("pipe", (tarfile.FIFOTYPE, ""))],
        "twice": [("a", b"1"), ("./a", b"2")],
        "file below file": [("a", b"1"), ("a/b", b"2")],
        "folder over file": [("a", b"1"), ("a", None)],
    }
    result = {name + ".tar": plain(gzip.compress(tar(items), mtime=0)) for name, items in tars.items()}
    zips = {
        "parent": [("../escaped", b"evil", None)],
        "absolute": [("/tmp/separatrix-escaped", b"evil", None)],
        "backslashes": [("..\\escaped", b"evil", None)],
        "link": [("door", b"/etc", link), ("door/escaped", b"evil", None)],
        "twice": [("a", b"1", None), ("a", b"2", None)],
    }
    result.update({name + ".zip": plain(zipped(items)) for name, items in zips.items()})
    result["bomb.zip"] = plain(zipped([("zeros", bytes(20 << 20), None)]))
    result["bomb.tar.gz"] = plain(gzip.compress(tar([("zeros", bytes(20 << 20))]), 9, mtime=0))
    result["bomb.tar.xz"] = plain(lzma.compress(tar([("zeros", bytes(20 << 20))])))
    return result


if __name__ == "__main__":
    import warnings
    warnings.simplefilter("ignore")
    tree_of = [{"name": n, "content": None if d is None else plain(d)} for n, d in tree]
    with open(os.path.join(here, "archives.json"), "w") as file:
        json.dump({"tree": tree_of, "indexed": indexed(),
                   "sound": {name: plain(data) for name, data in sound().items()}, "hostile": hostile(),
                   "sparse": {"gnu": packed(sparse("gnu")), "posix": packed(sparse("posix"))}},
                  file, indent=1)
        file.write("\n")
