package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"

	"tocsin/core/control"
)

// MaxPack is how long a pack's file may be, in bytes.
const MaxPack = 8 << 20

// Pack gives the pack that spec names: a selection of the built-in pack, as
// control.Select reads it, or else a file.
func Pack(spec string) (*control.Pack, error) {
	if control.IsName(spec) {
		return control.Select(spec)
	}
	p, err := LoadPack(spec)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no pack and no file %q: want %s, or the path of a pack", spec, control.Names)
	}
	return p, err
}

// LoadPack reads a pack from a YAML or JSON file, in the form that docs/packs.md
// describes. A *PackError tells the places in the file where something is wrong.
func LoadPack(path string) (*control.Pack, error) {
	text, err := readPack(path)
	if err != nil {
		return nil, err
	}
	return parsePack(path, text)
}

func readPack(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read pack: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, fmt.Errorf("read pack: %w", err)
	} else if info.IsDir() {
		return nil, fmt.Errorf("read pack: %s is a directory: name a YAML or JSON file in it", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxPack+1))
	if err != nil {
		return nil, fmt.Errorf("read pack: %w", err)
	}
	if len(text) > MaxPack {
		return nil, fmt.Errorf("read pack: %s is longer than %d MB: that is no pack", path, MaxPack>>20)
	}
	return text, nil
}

func parsePack(path string, text []byte) (*control.Pack, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	source := newSource(path, text)
	if at := invalidUTF8(text); at >= 0 {
		line := 1 + bytes.Count(text[:at], []byte("\n"))
		column := 1 + utf8.RuneCount(text[bytes.LastIndexByte(text[:at], '\n')+1:at])
		return nil, source.errorAt(line, column, "this byte is not UTF-8: save the file as UTF-8")
	}
	tree, err := source.tree(text)
	if err != nil {
		return nil, err
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("read pack %s: %w", path, err)
	}
	p, err := control.Read(asJSON)
	if ps := control.Problems(nil); errors.As(err, &ps) {
		return nil, source.place(ps)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if p.Name == "" {
		p.Name = path
	}
	return p, nil
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}
