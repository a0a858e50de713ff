package app

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// MaxText is how long a pack or a configuration may be, in bytes.
const MaxText = 8 << 20

// readText reads a file that people write; kind is what it is, in one word.
func readText(path, kind string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	} else if info.IsDir() {
		return nil, fmt.Errorf("read %s: %s is a directory: name a YAML or JSON file in it", kind, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxText+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	if len(text) > MaxText {
		return nil, fmt.Errorf("read %s: %s is longer than %d MB: that is no %s", kind, path, MaxText>>20, kind)
	}
	return text, nil
}

// parseYAML reads the text of a file: what stands in it, and where. It is called
// kind in messages; empty is what it lacks with nothing in it, "" when it may
// have nothing.
func parseYAML(path, kind, empty string, text []byte) (any, *yamlFile, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	file := newYAML(path, kind, empty, text)
	if at := invalidUTF8(text); at >= 0 {
		line := 1 + bytes.Count(text[:at], []byte("\n"))
		column := 1 + utf8.RuneCount(text[bytes.LastIndexByte(text[:at], '\n')+1:at])
		return nil, nil, file.errorAt(line, column, "this byte is not UTF-8: save the file as UTF-8")
	}
	tree, err := file.tree(text)
	return tree, file, err
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
