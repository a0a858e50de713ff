package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
)

// Read reads a pack in its JSON form. What a control does not say has the
// default of Control.UnmarshalJSON. An error is Problems, all that were found,
// unless text is not JSON at all.
func Read(text []byte) (*Pack, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read pack: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read pack: text follows the pack's last brace")
	}
	var ps Problems
	checkShape(v, reflect.TypeFor[Pack](), nil, &ps)
	p := new(Pack)
	if err := json.Unmarshal(text, p); err != nil {
		if len(ps) == 0 {
			return nil, fmt.Errorf("read pack: %w", err)
		}
		return nil, ps // which say the same, with the place
	}
	var more Problems
	p.validate(&more)
	for _, m := range more {
		if !slices.ContainsFunc(ps, func(p *Problem) bool { return p.Path.Equal(m.Path) }) {
			ps = append(ps, m)
		}
	}
	if len(ps) > 0 {
		return nil, ps
	}
	return p, nil
}
