package widget

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/color"
	"time"
)

// annotation is one of the annotations; a band has two in an array.
type annotation struct {
	Value   json.RawMessage
	Label   string
	Color   string
	Fill    string
	Visible *bool
	YAxis   string
}

// readLines reads annotations, whose values value reads.
func readLines(raw []json.RawMessage, path string, value func(path string, raw json.RawMessage) (float64, error)) ([]line, error) {
	var out []line
	for i, r := range raw {
		path := fmt.Sprintf("%s[%d]", path, i)
		ends := []annotation{{}}
		var err error
		if bytes.HasPrefix(bytes.TrimSpace(r), []byte("[")) {
			err = json.Unmarshal(r, &ends)
		} else {
			err = json.Unmarshal(r, &ends[0])
		}
		if err != nil {
			return nil, invalid(path, "cannot be read: %v", err)
		}
		if len(ends) != 1 && len(ends) != 2 {
			return nil, invalid(path, "must be one annotation, or the two ends of a band")
		}
		first := ends[0]
		if first.Visible != nil && !*first.Visible {
			continue
		}
		l := line{label: first.Label, color: color.RGBA{0xd6, 0x27, 0x28, 255}, band: len(ends) == 2}
		if first.Color != "" {
			given, err := readColor(path+".color", first.Color)
			if err != nil {
				return nil, err
			}
			l.color = *given
		}
		if l.fill, err = oneOf(path+".fill", first.Fill, "none", "above", "below", "between", "before", "after"); err != nil {
			return nil, err
		}
		side, err := oneOf(path+".yAxis", first.YAxis, "left", "right")
		if err != nil {
			return nil, err
		}
		l.right = side == "right"
		if l.from, err = value(path+".value", first.Value); err != nil {
			return nil, err
		}
		l.to = l.from
		if l.band {
			if l.to, err = value(path+".value", ends[1].Value); err != nil {
				return nil, err
			}
			if l.label == "" {
				l.label = ends[1].Label
			}
			l.from, l.to = min(l.from, l.to), max(l.from, l.to)
		}
		out = append(out, l)
	}
	return out, nil
}

func number(path string, raw json.RawMessage) (float64, error) {
	var v float64
	if err := json.Unmarshal(raw, &v); err != nil {
		return 0, invalid(path, "must be a number")
	}
	return v, nil
}

func instant(path string, raw json.RawMessage) (float64, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return 0, invalid(path, "must be a time such as 2026-09-14T12:00:00.000Z")
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0, invalid(path, "must be a time such as 2026-09-14T12:00:00.000Z, not %q", text)
	}
	return float64(at.UnixMilli()), nil
}
