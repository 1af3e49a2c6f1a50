// main.go - verifies a log directory with golang.org/x/mod alone; shares no code with aims.
// SPDX-License-Identifier: Apache-2.0

// usage: tlogverify DIR   (DIR as made by make_log: log/, vkey, old.*, N.leaf, N.proof)
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error, what string) {
	if err != nil {
		fmt.Printf("FAIL: %s: %v\n", what, err)
		os.Exit(1)
	}
}

func check(ok bool, format string, a ...interface{}) {
	if !ok {
		must(fmt.Errorf(format, a...), "check")
	}
}

func read(parts ...string) []byte {
	b, err := os.ReadFile(filepath.Join(parts...))
	must(err, "read")
	return b
}

// open checks the signature of a checkpoint and gives its tree.
func open(b []byte, keys note.Verifiers, origin string) tlog.Tree {
	n, err := note.Open(b, keys)
	must(err, "note")
	lines := strings.Split(n.Text, "\n")
	check(len(lines) == 4 && lines[3] == "", "checkpoint of %d lines", len(lines))
	check(lines[0] == origin, "origin %q", lines[0])
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	hash, err := tlog.ParseHash(lines[2])
	must(err, "root")
	return tlog.Tree{N: size, Hash: hash}
}

// path is the C2SP name of a tile: x/mod puts the height in it and calls entries data.
func path(t tlog.Tile) string {
	p := strings.TrimPrefix(t.Path(), "tile/8/")
	if strings.HasPrefix(p, "data/") {
		p = "entries/" + strings.TrimPrefix(p, "data/")
	}
	return "tile/" + p
}

// tiles lists what a tree of size n consists of on one level (-1: entries).
func tiles(n int64, level int) []tlog.Tile {
	for i := 0; i < level; i++ {
		n /= 256
	}
	var list []tlog.Tile
	for i := int64(0); i < n/256; i++ {
		list = append(list, tlog.Tile{H: 8, L: level, N: i, W: 256})
	}
	if n%256 > 0 {
		list = append(list, tlog.Tile{H: 8, L: level, N: n / 256, W: int(n % 256)})
	}
	return list
}

func entries(dir string, n int64) [][]byte {
	var all [][]byte
	for _, t := range tiles(n, -1) {
		b := read(dir, path(t))
		for i := 0; i < t.W; i++ {
			check(len(b) >= 2, "bundle %s is short", path(t))
			size := int(b[0])<<8 | int(b[1])
			check(len(b) >= 2+size, "bundle %s is short", path(t))
			all = append(all, b[2:2+size])
			b = b[2+size:]
		}
		check(len(b) == 0, "bundle %s is long", path(t))
	}
	return all
}

type memory []tlog.Hash

func (m *memory) ReadHashes(at []int64) ([]tlog.Hash, error) {
	var list []tlog.Hash
	for _, i := range at {
		list = append(list, (*m)[i])
	}
	return list, nil
}

// rebuild makes the whole tree out of the entries.
func rebuild(all [][]byte) *memory {
	m := &memory{}
	for i, e := range all {
		h, err := tlog.StoredHashes(int64(i), e, m)
		must(err, "hashes")
		*m = append(*m, h...)
	}
	return m
}

type reader struct{ dir string }

func (r reader) Height() int { return 8 }

func (r reader) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range list {
		b, err := os.ReadFile(filepath.Join(r.dir, path(t)))
		if os.IsNotExist(err) && t.W < 256 {
			full := t
			full.W = 256
			if b, err = os.ReadFile(filepath.Join(r.dir, path(full))); err == nil {
				b = b[:32*t.W]
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

func checkTiles(dir string, n int64, m *memory) int {
	count := 0
	for level := 0; level < 8; level++ {
		for _, t := range tiles(n, level) {
			want, err := tlog.ReadTileData(t, m)
			must(err, "tile")
			check(bytes.Equal(want, read(dir, path(t))), "%s differs from the entries", path(t))
			count++
		}
	}
	return count
}

// checkProof reads a .tlog-proof by hand and lets x/mod judge it.
func checkProof(name string, keys note.Verifiers, origin string) {
	b := read(name)
	cut := bytes.Index(b, []byte("\n\n"))
	check(cut > 0, "%s has no checkpoint", name)
	lines := strings.Split(string(b[:cut]), "\n")
	check(lines[0] == "c2sp.org/tlog-proof@v1", "%s: magic", name)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err, "index")
	var p tlog.RecordProof
	for _, l := range lines[2:] {
		raw, err := base64.StdEncoding.DecodeString(l)
		must(err, "hash")
		var h tlog.Hash
		copy(h[:], raw)
		p = append(p, h)
	}
	tree := open(b[cut+2:], keys, origin)
	leaf := read(strings.TrimSuffix(name, ".proof") + ".leaf")
	must(tlog.CheckRecord(p, tree.N, tree.Hash, index, tlog.RecordHash(leaf)), name)
}

func main() {
	top := os.Args[1]
	dir := filepath.Join(top, "log")
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(top, "vkey"))))
	must(err, "vkey")
	keys := note.VerifierList(verifier)
	tree := open(read(dir, "checkpoint"), keys, verifier.Name())

	all := entries(dir, tree.N)
	m := rebuild(all)
	root, err := tlog.TreeHash(tree.N, m)
	must(err, "root")
	check(root == tree.Hash, "the root is not that of the entries")
	files := checkTiles(dir, tree.N, m)

	hr := tlog.TileHashReader(tree, reader{dir})
	for i, e := range all {
		p, err := tlog.ProveRecord(tree.N, int64(i), hr)
		must(err, "prove")
		must(tlog.CheckRecord(p, tree.N, tree.Hash, int64(i), tlog.RecordHash(e)), "inclusion")
	}
	old, _ := filepath.Glob(filepath.Join(top, "old.*"))
	for _, name := range old {
		before := open(read(name), keys, verifier.Name())
		p, err := tlog.ProveTree(tree.N, before.N, hr)
		must(err, "prove")
		must(tlog.CheckTree(p, tree.N, tree.Hash, before.N, before.Hash), name)
	}
	proofs, _ := filepath.Glob(filepath.Join(top, "*.proof"))
	for _, name := range proofs {
		checkProof(name, keys, verifier.Name())
	}
	fmt.Printf("OK: %d leaves, %d tiles, %d old checkpoints, %d proof files\n", tree.N, files,
		len(old), len(proofs))
}
