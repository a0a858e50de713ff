package control

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// A Pack is a set of controls under a name.
type Pack struct {
	Name     string    `json:"name,omitempty"`
	Title    string    `json:"title,omitempty"`
	Controls []Control `json:"controls"`
}

// Control is the control with the given id.
func (p *Pack) Control(id string) (*Control, bool) {
	i := slices.IndexFunc(p.Controls, func(c Control) bool { return c.ID == id })
	if i < 0 {
		return nil, false
	}
	return &p.Controls[i], true
}

//go:embed pack
var files embed.FS

// folders are the parts of the built-in pack in their order; within one the
// names of the files give the order.
var folders = [...]string{"pack/cis", "pack/further", "pack/trail"}

// Builtin is the built-in pack: the alarms of the CIS AWS Foundations Benchmark
// in its order, the further alarms, the controls on trails and the account. Each
// call reads it anew, which takes some milliseconds, and the caller owns it.
func Builtin() *Pack {
	p, err := load(files)
	if err != nil {
		panic("built-in pack: " + err.Error()) // a test reads every file
	}
	return p
}

func load(from fs.FS) (*Pack, error) {
	p := &Pack{Name: "builtin", Title: "CIS AWS Foundations monitoring and further alarms"}
	for _, folder := range folders {
		entries, err := fs.ReadDir(from, folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			text, err := fs.ReadFile(from, folder+"/"+e.Name())
			if err != nil {
				return nil, err
			}
			var c Control
			if err := json.Unmarshal(text, &c); err != nil {
				return nil, fmt.Errorf("%s/%s: %w", folder, e.Name(), err)
			}
			p.Controls = append(p.Controls, c)
		}
	}
	return p, nil
}

// Names are the forms that Select knows.
const Names = "cis, cis:VERSION, securityhub, all or none"

// IsName tells whether spec is in a form that Select knows, so that it is not
// meant as the name of a file. Select may still refuse its version.
func IsName(spec string) bool {
	switch spec {
	case "cis", "securityhub", "all", "none":
		return true
	}
	return strings.HasPrefix(spec, "cis:")
}

// Select gives alarms of the built-in pack:
//
//	cis           the alarms of the CIS benchmark, by the patterns that we recommend
//	cis:VERSION   those of one version, by the text that it prints, its mistakes included
//	securityhub   those that AWS Security Hub checks, by the text that it demands
//	all           cis and the further alarms
//	none          no controls
//
// Where a version prints two texts for an item it is the one to audit by.
func Select(spec string) (*Pack, error) {
	p := &Pack{Name: spec}
	add := func(want func(*Control) bool) {
		for _, c := range Builtin().Controls {
			if c.Kind == Alarm && want(&c) {
				p.Controls = append(p.Controls, c)
			}
		}
	}
	switch version, versioned := strings.CutPrefix(spec, "cis:"); {
	case versioned:
		v, err := ParseVersion(version)
		if err != nil {
			return nil, err
		}
		p.Name, p.Title = "cis:"+string(v), "CIS AWS Foundations "+string(v)+", as printed"
		add(func(c *Control) bool { _, ok := c.CIS[v]; return ok })
		for i := range p.Controls {
			p.Controls[i].Pattern, _ = p.Controls[i].PatternOf(v)
		}
	case spec == "cis":
		p.Title = "CIS AWS Foundations, corrected"
		add(func(c *Control) bool { return len(c.CIS) > 0 })
	case spec == "securityhub":
		p.Title = "AWS Security Hub CloudWatch controls"
		add(func(c *Control) bool { return c.SecurityHub != "" })
		for i := range p.Controls {
			p.Controls[i].Pattern, _ = p.Controls[i].Text("security-hub")
		}
	case spec == "all":
		p.Title = "All built-in alarms"
		add(func(*Control) bool { return true })
	case spec == "none":
		p.Title = "No controls"
	default:
		return nil, fmt.Errorf("unknown pack %q: want %s", spec, Names)
	}
	return p, nil
}

// PatternOf is the pattern that a version of the benchmark prints for the
// control, and false where that version has no such control.
func (c *Control) PatternOf(v Version) (string, bool) {
	for _, t := range c.Texts {
		if slices.Contains(t.CIS, v) {
			return t.Pattern, true
		}
	}
	return "", false
}

// Text is the pattern of the published text with the given name.
func (c *Control) Text(name string) (string, bool) {
	for _, t := range c.Texts {
		if t.Name == name {
			return t.Pattern, true
		}
	}
	return "", false
}
