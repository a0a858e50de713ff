package app

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// A Secret is a text that may stand in a file or an environment variable of its
// own. It shows itself to nobody; Reveal gives it.
type Secret struct {
	text string
	from string // file:PATH or env:NAME, "" where it was written out
}

// Reveal is the text.
func (s Secret) Reveal() string { return s.text }

// From is where the text stands, as file:PATH or env:NAME, "" where it was written out.
func (s Secret) From() string { return s.from }

// String hides the text.
func (s Secret) String() string {
	switch {
	case s.text == "":
		return ""
	case s.from != "":
		return s.from
	}
	return "(hidden)"
}

// GoString hides the text.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the text.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// maxSecret is the size of the largest file with a secret.
const maxSecret = 64 << 10

const secretForms = "write {file: PATH} or {env: NAME}"

// reference is the secret that v, a text or members, refers to; a text that
// refers to nothing is the secret itself.
func (d *decoder) reference(v any) (Secret, error) {
	switch v := v.(type) {
	case string:
		switch kind, name, _ := strings.Cut(v, ":"); kind {
		case "env", "file":
			return d.lookUp(kind, name)
		}
		return Secret{text: v}, nil
	case map[string]any:
		for kind, name := range v {
			name, isText := name.(string)
			if len(v) != 1 || !isText || kind != "env" && kind != "file" {
				break
			}
			return d.lookUp(kind, name)
		}
		return Secret{}, errors.New("this refers to no secret: " + secretForms)
	}
	return Secret{}, errors.New("want text: " + secretForms)
}

// lookUp reads a secret. What it says of a failure holds no part of the secret.
func (d *decoder) lookUp(kind, name string) (Secret, error) {
	from := kind + ":" + name
	if name == "" {
		return Secret{}, fmt.Errorf("%s names nothing: %s", from, secretForms)
	}
	if kind == "env" {
		text := d.getenv(name)
		if text == "" {
			return Secret{}, fmt.Errorf("the environment variable %s is not set, or is empty", name)
		}
		return Secret{text, from}, nil
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(d.folder, path)
	}
	text, err := readSecret(path)
	if err != nil {
		return Secret{}, err
	}
	return Secret{text, from}, nil
}

// readSecret is the text in a file, without the end of its last line.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("there is no file %s", path)
	case err != nil:
		return "", err
	case info.IsDir():
		return "", fmt.Errorf("%s is a directory, and a secret is wanted", path)
	case info.Size() > maxSecret:
		return "", fmt.Errorf("%s is longer than %d KiB: that is no secret", path, maxSecret>>10)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(b), "\r\n")
	switch {
	case text == "":
		return "", fmt.Errorf("the file %s is empty", path)
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", fmt.Errorf("the file %s has more than one line, and one secret is wanted", path)
	}
	return text, nil
}
