package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tocsin/core/event"
	"tocsin/core/spell"
)

// A decoder puts what a file and flags say into a Config and collects what is wrong.
type decoder struct {
	folder string // that paths are relative to
	getenv func(string) string
	file   *yamlFile // nil while flags are read
	// flags are those that said something, by the path of what they said.
	flags map[string]string
	// secret are the lines of the file that nobody is to be shown.
	secret   map[int]bool
	problems []problem
}

// A problem is a place in a configuration with what is wrong there.
type problem struct {
	at     event.Path
	byName bool // the member's name is meant, not its value
	err    error
}

func (d *decoder) report(at event.Path, err error) {
	d.problems = append(d.problems, problem{at: at, err: err})
}

func (d *decoder) reportf(at event.Path, format string, a ...any) {
	d.report(at, fmt.Errorf(format, a...))
}

// decode puts v, as yamlFile.tree gives it, into a value of the configuration.
func (d *decoder) decode(v any, into reflect.Value, at event.Path) {
	if v == nil {
		d.problems = append(d.problems, problem{at, true, errors.New("nothing stands here: give it a value or leave it out")})
		return
	}
	switch p := into.Addr().Interface().(type) {
	case *Secret:
		s, err := d.reference(v)
		if err != nil {
			d.report(at, err)
		}
		*p = s
		d.hide(s, at)
	case interface{ readValue(any) error }:
		if err := p.readValue(v); err != nil {
			d.report(at, err)
		}
	case interface{ read(string) error }:
		d.word(v, at, p.read)
	case *netip.Prefix:
		d.word(v, at, func(text string) (err error) {
			*p, err = network(text)
			return err
		})
	default:
		d.decodeKind(v, into, at)
	}
}

// hide notes the line of what may be a secret and should not stand there. Of
// addresses only a URL can hold one.
func (d *decoder) hide(s Secret, at event.Path) {
	if d.file == nil || s.from != "" || s.text == "" {
		return
	}
	switch name := at[len(at)-1].Name; name {
	case "password":
	default:
		if !strings.Contains(s.text, "://") {
			return
		}
	}
	line, _ := d.file.find(at, false)
	d.secret[line] = true
}

func (d *decoder) decodeKind(v any, into reflect.Value, at event.Path) {
	switch into.Kind() {
	case reflect.Struct:
		d.members(v, into, at)
	case reflect.Pointer:
		p := reflect.New(into.Type().Elem())
		d.decode(v, p.Elem(), at)
		into.Set(p)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			d.reportf(at, "want a list, not %s: put - before each", kindOf(v))
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
		for i, e := range list {
			d.decode(e, into.Index(i), element(at, i))
		}
	case reflect.String:
		d.word(v, at, func(text string) error {
			into.SetString(text)
			return nil
		})
	case reflect.Int:
		d.word(v, at, func(text string) error {
			n, err := strconv.Atoi(text)
			into.SetInt(int64(n))
			if err != nil {
				return fmt.Errorf("want a whole number, not %q", text)
			}
			return nil
		})
	case reflect.Bool:
		d.word(v, at, func(text string) error {
			into.SetBool(text == "true")
			if text != "true" && text != "false" {
				return fmt.Errorf("want true or false, not %q", text)
			}
			return nil
		})
	default:
		panic("a configuration has no members of type " + into.Type().String())
	}
}

// word reads a scalar by its text, as it is written: an account that begins
// with 0 is no octal number.
func (d *decoder) word(v any, at event.Path, read func(string) error) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case map[string]any, []any:
		d.reportf(at, "want text, not %s: put it in quotes", kindOf(v))
		return
	default:
		text = fmt.Sprint(v)
		if d.file != nil {
			text = d.file.values[at.String()].GetToken().Value
		}
	}
	if err := read(text); err != nil {
		d.report(at, err)
	}
}

// members decodes into a struct. A list's element that is one text means its
// first member, the others at their defaults.
func (d *decoder) members(v any, into reflect.Value, at event.Path) {
	known := keys(into.Type())
	m, ok := v.(map[string]any)
	inList := len(at) > 0 && at[len(at)-1].Kind == event.Element
	if _, text := v.(string); inList && (text || isReference(m)) {
		d.decode(v, into.FieldByIndex(known[0].field.Index), member(at, known[0].name))
		return
	}
	if !ok {
		d.reportf(at, "want members such as %s, not %s", known[0].name, kindOf(v))
		return
	}
	var names []string
	for _, k := range known {
		names = append(names, k.name)
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		here := member(at, name)
		if i := slices.Index(names, name); i >= 0 {
			d.decode(m[name], into.FieldByIndex(known[i].field.Index), here)
			continue
		}
		err := fmt.Errorf("unknown key %q: there are %s", name, strings.Join(names, ", "))
		if near, ok := spell.Nearest(name, names); ok {
			err = fmt.Errorf("unknown key %q: did you mean %q?", name, near)
		}
		d.problems = append(d.problems, problem{here, true, err})
	}
}

// isReference tells whether members refer to a secret.
func isReference(m map[string]any) bool {
	_, file := m["file"]
	_, env := m["env"]
	return len(m) == 1 && (file || env)
}

// A key is a member of a configuration.
type key struct {
	name  string
	field reflect.StructField
}

// keys are the members of a struct in their order.
func keys(t reflect.Type) []key {
	var keys []key
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("key"); name != "" {
			keys = append(keys, key{name, t.Field(i)})
		}
	}
	return keys
}

// A Setting is what a flag says: the text for a key such as smtp.url. A key that
// is a list gets one more element.
type Setting struct {
	Flag string // --smtp
	Key  string
	Text string
}

// set puts what a flag says into the configuration.
func (d *decoder) set(c *Config, s Setting) {
	into, at := reflect.ValueOf(c).Elem(), event.Path(nil)
	for name := range strings.SplitSeq(s.Key, ".") {
		known := keys(into.Type())
		i := slices.IndexFunc(known, func(k key) bool { return k.name == name })
		into, at = into.FieldByIndex(known[i].field.Index), member(at, name)
	}
	if into.Kind() == reflect.Slice {
		at = element(at, into.Len())
		into.Set(reflect.Append(into, reflect.Zero(into.Type().Elem())))
		into = into.Index(into.Len() - 1)
	}
	d.flags[at.String()] = s.Flag
	d.decode(s.Text, into, at)
}

// passwordInURL finds a user with a password, wherever it stands.
var passwordInURL = regexp.MustCompile(`://[^/\s]*:[^/\s]*@`)

// places finds where the problems are.
func (d *decoder) places(file *yamlFile) []Place {
	var places []Place
	for _, p := range d.problems {
		path := strings.TrimPrefix(p.at.String(), "$.")
		var inner *FileError // of the pack that is named here
		if errors.As(p.err, &inner) {
			for _, place := range inner.Places {
				place.Path = inner.Path
				places = append(places, place)
			}
			continue
		}
		if flag := d.flagOf(p.at); flag != "" {
			places = append(places, Place{Flag: flag, Message: p.err.Error()})
		} else if file != nil && path != "$" {
			line, column := file.find(p.at, p.byName)
			place := file.at(line, column, path+": "+p.err.Error())
			if d.secret[line] || passwordInURL.MatchString(place.Source) {
				place.Source = ""
			}
			places = append(places, place)
		} else {
			places = append(places, Place{Message: path + ": " + p.err.Error()})
		}
	}
	return places
}

// flagOf is the flag that said what stands at a path, or "".
func (d *decoder) flagOf(at event.Path) string {
	for ; len(at) > 0; at = at[:len(at)-1] {
		if flag := d.flags[at.String()]; flag != "" {
			return flag
		}
	}
	return ""
}

func member(at event.Path, name string) event.Path {
	return append(at[:len(at):len(at)], event.Step{Name: name})
}

func element(at event.Path, i int) event.Path {
	return append(at[:len(at):len(at)], event.Step{Kind: event.Element, Index: i})
}

// kindOf is what a value is, for people.
func kindOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "members"
	case []any:
		return "a list"
	case string:
		return fmt.Sprintf("the text %q", v)
	case json.Number:
		return "the number " + v.String()
	}
	return fmt.Sprint(v)
}

// network reads 10.0.0.0/8, or one address.
func network(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("%q is no network: write 10.0.0.0/8, or the address of one machine", text)
	}
	return p.Masked(), nil
}
