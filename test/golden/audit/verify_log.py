#!/usr/bin/env python3
"""A second verifier of cmdaid audit logs, written from docs/format/audit.md alone. Python 3 standard library.

    verify_log.py DIR     prints {"size", "root", "checkpoints", "signatures"} and exits 0, or says why not and exits 1

It checks frames, leaves, order, chain, tree, segment headers, seals and checkpoints. Signatures are checked with
`openssl` when that is there ("signatures": "checked"), and otherwise not ("signatures": "skipped").
"""

import base64
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

KINDS = {1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26}
GENESIS, SEAL = 1, 6
COMMITTED = set(range(1, 9)) - {2}
FIXED = {2: 8, 21: 32, 28: 4, 30: 8, 31: 1, 34: 4, 35: 4, 36: 4, 39: 1, 65: 32, 66: 8, 67: 32, 68: 8, 69: 32,
         70: 4, 71: 32, 72: 8, 73: 8, 74: 8, 75: 8, 76: 8, 77: 1}
VARIABLE = {16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 27, 29, 32, 33, 37, 38, 40, 64}


class Bad(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Bad(what)


def sha(data):
    return hashlib.sha256(data).digest()


class Tree:
    """RFC 6962, as the list of its perfect subtrees, largest first."""

    def __init__(self):
        self.size, self.nodes = 0, []

    def append(self, leaf):
        size = self.size
        while size & 1:
            leaf = sha(b"\x01" + self.nodes.pop() + leaf)
            size >>= 1
        self.nodes.append(leaf)
        self.size += 1

    def root(self):
        if not self.nodes:
            return sha(b"")
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = sha(b"\x01" + node + root)
        return root


def parse_leaf(leaf):
    need(133 <= len(leaf) <= 65535, "leaf length")
    version, kind, flags, seq = struct.unpack_from(">BBHQ", leaf)
    need(version == 1 and kind in KINDS and flags <= 3 and seq < 2**53, "leaf header")
    fields, at, last = {}, 133, 0
    for _ in range(leaf[132]):
        need(at + 4 <= len(leaf), "field header")
        tag, enc, length = struct.unpack_from(">BBH", leaf, at)
        value = leaf[at + 4 : at + 4 + length]
        need(len(value) == length, "field length")
        need(tag > last, "field order")
        need(tag in COMMITTED or tag in FIXED or tag in VARIABLE, "field tag")
        need(enc == (1 if tag in COMMITTED else 0), "field encoding")
        need(tag not in COMMITTED or length == 32, "commitment length")
        need(tag not in FIXED or length == FIXED[tag], "field value length")
        need(tag not in VARIABLE or length > 0, "empty field")
        fields[tag], last, at = value, tag, at + 4 + length
    need(at == len(leaf), "bytes behind the last field")
    return {"kind": kind, "seq": seq, "prev": leaf[12:44], "log_id": leaf[44:60],
            "incarnation": struct.unpack_from(">I", leaf, 60)[0], "fields": fields}


def parse_header(data):
    need(data[:8] == b"CMDAIDSG" and data[8] == 1, "segment magic")
    nodes, = struct.unpack_from(">B", data, 9)
    origin_length, segment, first = struct.unpack_from(">HIQ", data, 10)
    length = 56 + 32 * nodes + origin_length + 4
    need(len(data) >= length, "segment header length")
    crc, = struct.unpack_from(">I", data, length - 4)
    need(zlib.crc32(data[: length - 4]) == crc, "segment header checksum")
    return {"segment": segment, "first": first, "prev": data[24:56],
            "nodes": [data[56 + 32 * i : 88 + 32 * i] for i in range(nodes)],
            "origin": data[56 + 32 * nodes : length - 4].decode("ascii"), "length": length}


def parse_notes(data, origin):
    notes, text = [], data.decode("utf-8")
    while text:
        match = re.match(r"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/=]+)\n\n\u2014 (\S+) ([A-Za-z0-9+/=]+)\n\n", text)
        need(match, "checkpoint form")
        body = "".join(match.group(i) + "\n" for i in (1, 2, 3))
        signature = base64.b64decode(match.group(5), validate=True)
        need(base64.b64encode(signature).decode() == match.group(5), "signature base64")
        need(match.group(1) == origin and match.group(4) == origin, "checkpoint origin")
        need(len(signature) == 68, "signature length")
        root = base64.b64decode(match.group(3), validate=True)
        need(len(root) == 32 and base64.b64encode(root).decode() == match.group(3), "root base64")
        notes.append({"size": int(match.group(2)), "root": root, "body": body.encode(), "id": signature[:4],
                      "signature": signature[4:]})
        text = text[match.end():]
    return notes


def signature_is_good(public_key, body, signature):
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: os.path.join(folder, name) for name in ("key", "body", "signature")}
        der = bytes.fromhex("302a300506032b6570032100") + public_key
        for name, content in (("key", der), ("body", body), ("signature", signature)):
            with open(paths[name], "wb") as file:
                file.write(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths["key"], "-rawin",
                   "-in", paths["body"], "-sigfile", paths["signature"]]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def verify(folder):
    log = os.path.join(folder, "log")
    segments = sorted(name for name in os.listdir(log) if re.fullmatch(r"[0-9]{8}\.seg", name))
    need(segments == ["%08d.seg" % i for i in range(len(segments))] and segments, "segments")
    tree, prev, origin, key, checked, signed = Tree(), bytes(32), None, None, 0, 0
    openssl = shutil.which("openssl") is not None
    for number, name in enumerate(segments):
        with open(os.path.join(log, name), "rb") as file:
            data = file.read()
        header = parse_header(data)
        need(origin is None or header["origin"] == origin, "segment origin")
        need((header["segment"], header["first"], header["prev"], header["nodes"])
             == (number, tree.size, prev, tree.nodes), "segment header")
        first, at, roots, kind = tree.size, header["length"], {}, None
        while at + 4 <= len(data):
            length, = struct.unpack_from(">I", data, at)
            if length == 0:
                break
            need(kind != SEAL, "record behind a seal")
            crc, = struct.unpack_from(">I", data, at + 4)
            raw = data[at + 8 : at + 8 + length]
            need(len(raw) == length and zlib.crc32(raw) == crc, "frame at byte %d of %s" % (at, name))
            leaf = parse_leaf(raw)
            kind = leaf["kind"]
            need(leaf["seq"] == tree.size and leaf["prev"] == prev, "record %d" % tree.size)
            need((kind == GENESIS) == (tree.size == 0), "genesis")
            if kind == GENESIS:
                key = leaf["fields"][65]
                origin = leaf["fields"][64].decode("ascii")
                need(origin == "cmdaid.local/%s/%d" % (sha(key)[:16].hex(), leaf["incarnation"]), "origin")
                need(header["origin"] == origin, "segment origin")
            need(leaf["log_id"] == sha(origin.encode())[:16], "log id of record %d" % tree.size)
            if kind == SEAL:
                fields = leaf["fields"]
                need(fields[68] == struct.pack(">Q", tree.size - first) and fields[69] == tree.root()
                     and fields[70] == struct.pack(">I", number) and fields[71] == sha(data[:at]), "seal")
            prev = sha(b"\x00" + raw)
            tree.append(prev)
            roots[tree.size] = tree.root()
            at += 8 + length
        need(not any(data[at:]), "bytes behind the end of %s" % name)
        need(number == len(segments) - 1 or kind == SEAL, "segment without a seal")
        with open(os.path.join(folder, "heads", name.replace(".seg", ".notes")), "rb") as file:
            notes = parse_notes(file.read(), origin)
        for note in notes:
            need(note["size"] > signed, "checkpoint order")
            need(roots.get(note["size"]) == note["root"], "root at size %d" % note["size"])
            need(note["id"] == sha(origin.encode() + b"\n\x01" + key)[:4], "key id")
            need(not openssl or signature_is_good(key, note["body"], note["signature"]), "signature at %d" % note["size"])
            signed, checked = note["size"], checked + 1
        need(number == len(segments) - 1 or signed == tree.size, "closed segment not signed")
    return {"size": tree.size, "root": tree.root().hex(), "checkpoints": checked,
            "signatures": "checked" if openssl else "skipped"}


if __name__ == "__main__":
    try:
        print(json.dumps(verify(sys.argv[1])))
    except (Bad, KeyError, IndexError, ValueError, struct.error, OSError) as error:
        print("not verified: %s" % (error,), file=sys.stderr)
        sys.exit(1)
