package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"tocsin/core/control"
)

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
// describes. A *FileError tells the places in the file where something is wrong.
func LoadPack(path string) (*control.Pack, error) {
	text, err := readText(path, "pack")
	if err != nil {
		return nil, err
	}
	return parsePack(path, text)
}

func parsePack(path string, text []byte) (*control.Pack, error) {
	tree, file, err := parseYAML(path, "a pack", "a pack needs controls, each with an id, a title and a pattern", text)
	if err != nil {
		return nil, err
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("read pack %s: %w", path, err)
	}
	p, err := control.Read(asJSON)
	if ps := control.Problems(nil); errors.As(err, &ps) {
		return nil, file.place(ps)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if p.Name == "" {
		p.Name = path
	}
	return p, nil
}
