package event

import "bytes"

// A survey is what the members of an object tell about what it is.
type survey struct {
	end    int   // the place after the object, or after the bracket of an array to go into
	into   list  // what that array is; top when there is none
	record bool  // it looks like a record
	digest bool  // it looks like a digest file
	signal bool  // it is a subscription's message
	detail Value // of an EventBridge event
	at     int   // where that begins
	text   Value // the record as text, of an event of LookupEvents
	line   Value // the message of a log event
}

// survey looks at the members of the object whose text goes on at p, with a
// member or the closing brace, until its end or an array to go into. False:
// w.why and w.at tell the fault.
func (w *walk) survey(p int) (survey, bool) {
	var s survey
	for {
		p = blank(w.text, p)
		if p < len(w.text) && w.text[p] == ',' {
			p = blank(w.text, p+1)
		}
		if p < len(w.text) && w.text[p] == '}' {
			s.end = p + 1
			return s, true
		}
		name, value, end := w.member(p)
		if end < 0 {
			return s, false
		}
		if value.Kind == Array {
			switch string(name) {
			case "Records":
				s.into = records
			case "Events":
				s.into = lookups
			case "logEvents":
				s.into, s.signal = messages, true
			case "events":
				s.into = logged
			}
			if s.into != top {
				s.end = end
				return s, true
			}
			if end = w.pass(end-1, w.room); end < 0 {
				return s, false
			}
		}
		if string(name) == "detail" {
			s.at = end - len(value.Raw)
		}
		s.note(string(name), value)
		p = end
	}
}

// note takes in one member.
func (s *survey) note(name string, v Value) {
	switch name {
	case "eventVersion", "eventTime", "eventID":
		s.record = s.record || v.Kind == String
	case "digestS3Object", "digestStartTime":
		s.digest = s.digest || v.Kind == String
	case "messageType":
		s.signal = s.signal || string(v.Raw) == "DATA_MESSAGE" || string(v.Raw) == "CONTROL_MESSAGE"
	case "detail":
		s.detail = v
	case "CloudTrailEvent":
		s.text = v
	case "message":
		s.line = v
	}
}

// member reads a member's name and value and returns them with the place after
// the value; of an array with the place after its opening bracket. -1: a fault.
func (w *walk) member(p int) (name []byte, v Value, end int) {
	name, escaped, p := w.label(p)
	if p < 0 {
		return nil, v, -1
	}
	if escaped {
		w.key = appendUnescaped(w.key[:0], name)
		name = w.key
	}
	if p = blank(w.text, p); p >= len(w.text) {
		return nil, v, w.fail(short, p)
	}
	if v.Kind = kindOf(w.text[p]); v.Kind == Array {
		return name, v, p + 1
	}
	if end = w.pass(p, w.room); end < 0 {
		return nil, v, -1
	}
	v.Raw = w.text[p:end]
	if v.Kind == String {
		v.Raw = w.text[p+1 : end-1]
		v.Escaped = w.slashed(p+1, end-1)
	}
	return name, v, end
}

// firstName is the member that CloudTrail's records begin with, whatever they
// are part of.
var firstName = []byte(`"eventVersion"`)

// isRecord tells whether an object that nothing around it names a record looks
// like one: it has the members that every record has.
func isRecord(object []byte) bool {
	for _, name := range [...]string{"eventVersion", "eventTime", "eventID"} {
		if stringMember(object, name) != nil {
			return true
		}
	}
	return false
}

// isNotice tells whether an element of Records is one of the notices by which
// S3, SNS and SQS tell of something; they come in an array of that name too.
func isNotice(element []byte) bool {
	notice := false
	eachMember(element, func(name, v Value) bool {
		if isName(name, "eventSource") || isName(name, "EventSource") {
			notice = v.Kind == String && bytes.HasPrefix(v.Raw, []byte("aws:"))
			return false
		}
		return true
	})
	return notice
}

// stringMember is a member that is a string, as it stands in the object; nil: there is none.
func stringMember(object []byte, name string) (raw []byte) {
	Find(object, Members(name), func(v Value) bool {
		if v.Kind == String {
			raw = v.Raw
		}
		return false
	})
	return raw
}
