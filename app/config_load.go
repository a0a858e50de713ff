package app

import (
	"path/filepath"
	"reflect"
	"strings"

	"tocsin/core/control"
)

// A Setup is where a configuration comes from.
type Setup struct {
	Path   string    // of the file, "" for none
	Flags  []Setting // win over the file; what they add to lists is added
	Getenv func(string) string
}

// Load makes the configuration: what nobody says keeps its default, flags win
// over the file. A *FileError tells all that is wrong and where. Paths in the
// file are relative to its folder.
func Load(s Setup) (Config, error) {
	c := Default()
	d := &decoder{getenv: s.Getenv, flags: map[string]string{}, secret: map[int]bool{}}
	var file *yamlFile
	if s.Path != "" {
		text, err := readText(s.Path, "configuration")
		if err != nil {
			return c, &FileError{Path: s.Path, Places: []Place{{Message: err.Error()}}}
		}
		tree, parsed, err := parseYAML(s.Path, "a configuration", "", text)
		if err != nil {
			return c, err
		}
		c.Path, file = s.Path, parsed
		d.file, d.folder = file, filepath.Dir(s.Path)
		d.decode(tree, reflect.ValueOf(&c).Elem(), nil)
		d.file, d.folder = nil, ""
		_, said := parsed.keys[at("data").String()]
		c.below(filepath.Dir(s.Path), said)
	}
	for _, f := range s.Flags {
		d.set(&c, f)
	}
	d.check(&c)
	if len(d.problems) == 0 {
		return c, nil
	}
	e := &FileError{Path: s.Path, Places: d.places(file)}
	inOrder(e.Places)
	return c, e
}

// below makes the paths in a file those below its folder, unless they are
// absolute. data says whether the file names the folder of the data.
func (c *Config) below(folder string, data bool) {
	join := func(path *string) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	if data {
		join(&c.Data)
	}
	if strings.ContainsAny(c.Pack, `./\`) && !control.IsName(c.Pack) {
		join(&c.Pack)
	}
	if !strings.Contains(c.Segments, "://") {
		join(&c.Segments)
	}
	join(&c.SMTP.CA)
	if path, ok := strings.CutPrefix(c.Database.text, "sqlite:"); ok && path != "" {
		join(&path)
		c.Database.text = "sqlite:" + path
	}
	for i := range c.Sources {
		if path, ok := strings.CutPrefix(c.Sources[i].From, "dir:"); ok && path != "" {
			join(&path)
			c.Sources[i].From = "dir:" + path
		}
	}
}
