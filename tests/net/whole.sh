# shellcheck shell=sh
# To be sourced: whether caches and datasets are whole.  Each prints what is not.

# cache_whole FOLDER [killed]: objects have the sha256 that is their name, and nothing
# lies about; after a kill there may be incoming files.
cache_whole() {
	[ -d "$1" ] || return 0
	(cd -- "$1" && mkdir -p objects && find objects -type f -exec sha256sum {} +) |
		sed 's|  objects/\(..\)/| \1|' | awk '$1 != $2 { print "--- damaged in the cache: " $2 }'
	(cd -- "$1" && find . -type f) | grep -Ev \
		"^\./(lock|(objects|addresses)/[0-9a-f]{2}/[0-9a-f]{62}|roots/[0-9a-f]*${2:+|incoming/.*})\$" |
		sed 's/^/--- left over in the cache: /'
}

# dataset_whole FOLDER FILE...: datapackage.json has the sha256 of each.
dataset_whole() {
	folder=$1
	shift
	for file in "$@"; do
		sum=$(sha256sum <"$folder/$file" | cut -c -64)
		grep -qF "\"sha256:$sum\"" "$folder/datapackage.json" ||
			echo "--- not whole: $folder/$file"
	done
}
