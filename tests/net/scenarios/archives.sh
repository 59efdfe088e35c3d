# shellcheck shell=sh disable=SC2034,SC2154
# Documents that come in an archive.

# archive_ KIND FILE MEMBER=CONTENT...: makes one, with Python's library.
archive_() {
	kind=$1 file=$2
	shift 2
	python3 - "$kind" "$servers/site/$file" "$@" <<'END'
import io, sys, tarfile, zipfile

kind, path, members = sys.argv[1], sys.argv[2], sys.argv[3:]
members = [one.partition("=")[::2] for one in members]
data = [(name, b"0" * int(text[1:]) if text[:1] == "*" else text.encode()) for name, text in members]
if kind == "zip":
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in data:
            archive.writestr(name, content)
else:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in data:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if content.startswith(b"-> "):
                info.type, info.linkname, info.size = tarfile.SYMTYPE, content[3:].decode(), 0
            archive.addfile(info, io.BytesIO(content))
END
}

head_='id,name,amount
'

unpacked_() {
	archive_ "$1" "$name.$2" "b.csv=${head_}2,b,2
" "deep/a.csv=${head_}1,a,1
"
	fetch "$nginx/$name.$2" 'unpack: true'
	run 0
	sort out/rows.csv >sorted
	printf '1,a,1\n2,b,2\nid,name,amount\n' | cmp - sorted
	grep -q "deep/a.csv" report.json || say "the report names no member"
	run 0
	sort out/rows.csv | cmp - sorted
	asked 1 ' 304 '
}
archive_zip() { unpacked_ zip zip; }
archive_tar() { unpacked_ tar tar.gz; }

# refused_ TEXT [OPTION...]: what is in the site as $name.zip cannot be used.
refused_() {
	text=$1
	shift
	fetch "$nginx/$name.zip" 'unpack: true' "$@"
	run 3
	says "$nginx/$name.zip" "$text"
	[ -z "$(find "$temporary" -name 'evil*')" ] || say "a member was written"
}

archive_of_many() {
	archive_ zip "$name.zip" "1=$head_" "2=$head_" "3=$head_"
	refused_ "more than 2 members" 'max_members: 2'
}

archive_bomb() {
	archive_ zip "$name.zip" 'a.csv=*50000000'
	refused_ "more than 100 times its size" 'max_ratio: 100'
}

archive_too_large() {
	archive_ zip "$name.zip" 'a.csv=*5000000'
	refused_ "more than 1048576 bytes" 'max_unpacked: 1Mi' 'max_ratio: 100000'
}

archive_bomb_of_tar() {
	archive_ tar "$name.zip" 'a.csv=*50000000'
	refused_ "more than 100 times its size" 'max_ratio: 100'
}

# Names of members are names alone: none is a path on this machine.
archive_that_climbs() {
	archive_ zip "$name.zip" "../../../evil.csv=${head_}1,a,1
"
	fetch "$nginx/$name.zip" 'unpack: true'
	muster run pipeline.yaml --out out
	case $code in
	0 | 3) ;;
	*) say "exit $code" ;;
	esac
	[ -z "$(find "$temporary" -name 'evil*')" ] || say "a member was written"
}

archive_with_a_link() {
	archive_ tar "$name.zip" "a.csv=-> /etc/passwd" "b.csv=${head_}1,a,1
"
	fetch "$nginx/$name.zip" 'unpack: true'
	muster run pipeline.yaml --out out
	grep -q root: out/rows.csv seen && say "a link was followed"
	cache_whole cache/muster
}

archive_cut() {
	archive_ zip "$name.whole" "a.csv=$(seq 10000)"
	head -c 10000 "$servers/site/$name.whole" >"$servers/site/$name.zip"
	refused_ ''
}

archive_that_is_none() {
	document 100 0 >"$servers/site/$name.zip"
	refused_ 'no archive'
}

archive_without_what_is_wanted() {
	archive_ zip "$name.zip" "a.csv=$head_"
	refused_ "no file that matches among its 1 member" 'members: "*.txt"'
}

archive_members() {
	archive_ zip "$name.zip" "a.csv=${head_}1,a,1
" "read.me=nothing"
	fetch "$nginx/$name.zip" 'unpack: true' 'members: "*.csv"'
	run 0
	printf 'id,name,amount\n1,a,1\n' | cmp - out/rows.csv
}
