package event

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// An oracle finds the records of a well-formed file with encoding/json. It
// gives up on the rest by clearing known.
type oracle struct {
	records [][]byte
	shape   Shape
	found   bool
	done    bool
	known   bool
}

func consult(text []byte) oracle {
	o := oracle{known: true, shape: Foreign}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	for first := true; ; first = false {
		var raw json.RawMessage
		err := d.Decode(&raw)
		switch {
		case err == io.EOF && first:
			o.shape = Empty
			return o
		case err == io.EOF:
			return o
		case err != nil || raw[0] != '{' && raw[0] != '[':
			o.known = false
			return o
		}
		o.item(raw, Lines)
	}
}

func (o *oracle) add(s Shape, records ...[]byte) {
	if !o.found {
		o.found, o.shape = true, s
	}
	o.records = append(o.records, records...)
}

// item takes one value that is a record or something around some.
func (o *oracle) item(raw []byte, in Shape) {
	if o.done {
		return
	}
	if raw[0] == '[' {
		for _, e := range elements(raw) {
			o.item(e, RecordArray)
		}
		return
	}
	if raw[0] != '{' {
		return
	}
	if bytes.HasPrefix(bytes.TrimLeft(raw[1:], " \t\r\n"), firstName) && (in == Lines || in == RecordArray) {
		o.add(in, raw)
		return
	}
	var has struct{ record, digest, signal, list bool }
	var detail, text, message []byte
	for _, m := range pairs(raw) {
		str := m.value[0] == '"'
		if m.value[0] == '[' && (m.name == "Records" || m.name == "Events" || m.name == "logEvents" || m.name == "events") {
			has.list = true
			o.list(m.name, m.value)
			continue
		}
		switch m.name {
		case "eventVersion", "eventTime", "eventID":
			has.record = has.record || str
		case "digestS3Object", "digestStartTime":
			has.digest = has.digest || str
		case "messageType":
			v := string(m.value)
			has.signal = has.signal || v == `"DATA_MESSAGE"` || v == `"CONTROL_MESSAGE"`
		case "detail":
			detail = m.value
		case "CloudTrailEvent":
			text = m.value
		case "message":
			message = m.value
		}
	}
	switch {
	case has.list || o.done:
	case (in == Subscription || in == LogEvents) && message != nil && message[0] == '"':
		inner := []byte(unquote(message))
		if !json.Valid(inner) {
			o.known = false
		}
		if hasRecordMembers(inner) {
			o.add(in, inner)
		}
	case text != nil && text[0] == '"':
		inner := []byte(unquote(text))
		if !json.Valid(inner) {
			o.known = false
		} else {
			o.found = o.found || func() bool { o.shape = Lookup; return true }()
			if bytes.TrimLeft(inner, " \t\r\n")[0] == '{' {
				o.add(Lookup, inner)
			}
		}
	case has.record:
		o.add(in, raw)
	case detail != nil && detail[0] == '{' && hasRecordMembers(detail):
		o.add(EventBridge, detail)
	case has.digest:
		o.add(Digest)
	case has.signal:
		o.add(Subscription)
	}
}

func (o *oracle) list(name string, array []byte) {
	shape := map[string]Shape{"Records": LogFile, "Events": Lookup, "logEvents": Subscription, "events": LogEvents}[name]
	for _, e := range elements(array) {
		switch {
		case o.done:
			return
		case shape != LogFile:
			if e[0] != '[' {
				o.item(e, shape)
			}
		case e[0] == '{' && !o.found && notice(e):
			o.add(Foreign)
			o.done = true
		case e[0] == '{':
			o.add(LogFile, e)
		}
	}
	if !o.done && shape != LogEvents {
		o.add(shape)
	}
}

func notice(element []byte) bool {
	for _, m := range pairs(element) {
		if strings.EqualFold(m.name, "eventSource") && m.name[1:] == "ventSource" {
			return strings.HasPrefix(string(m.value), `"aws:`)
		}
	}
	return false
}

func hasRecordMembers(text []byte) bool {
	if text = bytes.TrimSpace(text); len(text) == 0 || text[0] != '{' || !json.Valid(text) {
		return false
	}
	for _, name := range []string{"eventVersion", "eventTime", "eventID"} {
		if strings.HasPrefix(member(text, name), `"`) {
			return true
		}
	}
	return false
}

// member is the text of an object's last member of that name.
func member(object []byte, name string) (value string) {
	for _, m := range pairs(object) {
		if m.name == name {
			value = string(m.value)
		}
	}
	return value
}

type pair struct {
	name  string
	value json.RawMessage
}

// pairs are the members of an object, in order, duplicates included.
func pairs(object []byte) (all []pair) {
	d := json.NewDecoder(bytes.NewReader(object))
	for must(d.Token()); d.More(); {
		name := must(d.Token()).(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			panic(err)
		}
		all = append(all, pair{name, value})
	}
	return all
}

func elements(array []byte) (all []json.RawMessage) {
	if err := json.Unmarshal(array, &all); err != nil {
		panic(err)
	}
	return all
}

func unquote(text []byte) (s string) {
	if err := json.Unmarshal(text, &s); err != nil {
		panic(err)
	}
	return s
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
