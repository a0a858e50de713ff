package events

import (
	"bytes"
	"unicode/utf8"

	"tocsin/core/event"
)

// A column is a text that is taken out of every record, so that it can be asked
// for without reading the record.
type column int

// The columns. The order is that of textColumns.
const (
	eventName column = iota
	eventSource
	eventType
	eventCategory
	awsRegion
	accountID
	identityType
	userName
	principalARN
	accessKeyID
	invokedBy
	sourceIPAddress
	userAgent
	errorCode
	columns // their number
)

// What is taken out besides the columns, as bits of what a row leaves undecided.
const (
	readOnly    = columns
	resources   = columns + 1
	eventID     = columns + 2 // whether the id of the event is that of its eventID
	wholeRecord = columns + 3 // whether the record is JSON
	messageText = columns + 4 // whether the message is UTF-8, and so stands in message as it is
)

// maxText bounds what a column holds; CloudTrail's own limit is 1 KB.
const maxText = 4 << 10

// textColumns says how columns are called in a segment and where in a record
// their text is. A derived column holds that text too if there is one, and else
// something in its place.
var textColumns = [columns]struct {
	name    string
	path    event.Path
	derived bool
	bloom   bool // many values, each of few events
}{
	eventName:       {name: "event_name", path: event.Members("eventName"), bloom: true},
	eventSource:     {name: "event_source", path: event.Members("eventSource")},
	eventType:       {name: "event_type", path: event.Members("eventType")},
	eventCategory:   {name: "event_category", path: event.Members("eventCategory")},
	awsRegion:       {name: "aws_region", path: event.Members("awsRegion")},
	accountID:       {name: "account_id", path: event.Members("recipientAccountId"), derived: true},
	identityType:    {name: "identity_type", path: event.Members("userIdentity", "type")},
	userName:        {name: "user_name", path: event.Members("userIdentity", "userName"), derived: true, bloom: true},
	principalARN:    {name: "principal_arn", path: event.Members("userIdentity", "arn"), bloom: true},
	accessKeyID:     {name: "access_key_id", path: event.Members("userIdentity", "accessKeyId"), bloom: true},
	invokedBy:       {name: "invoked_by", path: event.Members("userIdentity", "invokedBy")},
	sourceIPAddress: {name: "source_ip_address", path: event.Members("sourceIPAddress"), bloom: true},
	userAgent:       {name: "user_agent", path: event.Members("userAgent"), bloom: true},
	errorCode:       {name: "error_code", path: event.Members("errorCode"), bloom: true},
}

// The slots of the other values that are taken out, behind those of the columns.
const (
	slotReadOnly = int(columns) + iota
	slotEventID
	slotAccount
	slotIssuerAccount
	slotPrincipalID
	slotResources
	slots
)

var readOnlyPath = event.Members("readOnly")

// wanted are the values that a record's columns are made of.
func wanted() *event.Fields {
	paths := make([]event.Path, slots)
	for c, t := range textColumns {
		paths[c] = t.path
	}
	paths[slotReadOnly] = readOnlyPath
	paths[slotEventID] = event.Members("eventID")
	paths[slotAccount] = event.Members("userIdentity", "accountId")
	paths[slotIssuerAccount] = event.Members("userIdentity", "sessionContext", "sessionIssuer", "accountId")
	paths[slotPrincipalID] = event.Members("userIdentity", "principalId")
	paths[slotResources] = event.Members("resources")
	return event.NewFields(paths...)
}

// A resource is one element of a record's resources. A member that is missing or
// no text is nil.
type resource struct{ arn, kind []byte }

// A record is what the columns say of a record.
type record struct {
	// text is nil where there is none; an empty text is not nil.
	text [columns][]byte
	// readOnly is Absent, False or True.
	readOnly  event.Kind
	id        event.ID
	hasID     bool
	idText    []byte
	resources []resource
	// undecided has a bit for each column that does not tell the whole truth
	// about its path: whoever needs to know has to read the record.
	undecided uint32
}

// A taker takes records apart. It is for one goroutine.
type taker struct {
	extractor *event.Extractor
	resources *event.Extractor // of one resource
	// text holds what had to be unescaped since reset.
	text []byte
}

func newTaker() *taker {
	return &taker{extractor: event.NewExtractor(wanted()), resources: event.NewExtractor(wantedOfResource())}
}

// reset gives up the texts of the records taken before.
func (t *taker) reset() { t.text = t.text[:0] }

// take takes raw apart, without a look at whether it is JSON as a whole. Texts are
// good until reset, and only as long as raw is.
func (t *taker) take(raw []byte, r *record) {
	*r = record{resources: r.resources[:0]}
	values, ok := t.extractor.Extract(raw)
	if !ok {
		r.undecided = 1 << wholeRecord
		return
	}
	t.read(values, r)
}

// read fills in an empty record.
func (t *taker) read(values []event.Value, r *record) {
	for c := range columns {
		v := values[c]
		switch {
		case v.Kind == event.String:
			r.text[c] = t.textOf(v)
		case v.Kind != event.Absent:
			r.undecided |= 1 << c
		}
	}
	t.derive(r, values)
	switch v := values[slotReadOnly]; {
	case v.Kind == event.True || v.Kind == event.False:
		r.readOnly = v.Kind
	case v.Kind != event.Absent:
		r.undecided |= 1 << readOnly
		// LookupEvents shows it as a text, and some records have it as one.
		if text := t.textOf(v); v.Kind == event.String && string(text) == "true" {
			r.readOnly = event.True
		} else if v.Kind == event.String && string(text) == "false" {
			r.readOnly = event.False
		}
	}
	r.id, r.hasID = event.IDOf(values[slotEventID])
	if r.hasID {
		r.idText = t.textOf(values[slotEventID])
	}
	if v := values[slotResources]; v.Kind == event.Array {
		t.takeResources(r, v.Raw)
	}
}

// derive fills in the columns that are more than one path.
//
// UNSURE: how LookupEvents makes a user name where userIdentity has none. For an
// assumed role it shows the name of the session, for the root user "root", and
// for what an AWS service does by itself nothing.
func (t *taker) derive(r *record, values []event.Value) {
	if len(r.text[accountID]) == 0 {
		if r.text[accountID] != nil {
			r.undecided |= 1 << accountID
		}
		r.text[accountID] = nil
		for _, slot := range []int{slotAccount, slotIssuerAccount} {
			if v := values[slot]; v.Kind == event.String && len(v.Raw) > 0 {
				r.text[accountID] = t.textOf(v)
				break
			}
		}
	}
	if len(r.text[userName]) == 0 {
		if r.text[userName] != nil {
			r.undecided |= 1 << userName
		}
		r.text[userName] = nil
		switch string(r.text[identityType]) {
		case "Root":
			r.text[userName] = []byte("root")
		case "AssumedRole":
			if i := bytes.LastIndexByte(r.text[principalARN], '/'); i >= 0 {
				r.text[userName] = r.text[principalARN][i+1:]
			} else if v := values[slotPrincipalID]; v.Kind == event.String {
				if _, session, found := bytes.Cut(t.textOf(v), []byte(":")); found {
					r.text[userName] = session
				}
			}
		}
	}
}

var eachResource = event.Path{{Kind: event.Each}}

// The values that a resource is made of.
const (
	memberARN = iota
	memberARNPrefix
	memberType
)

func wantedOfResource() *event.Fields {
	return event.NewFields(event.Members("ARN"), event.Members("ARNPrefix"), event.Members("type"))
}

// maxResources bounds the resources of one record that are looked at.
const maxResources = 1000

// takeResources reads the array of resources.
func (t *taker) takeResources(r *record, array []byte) {
	event.Find(array, eachResource, func(v event.Value) bool {
		if v.Kind != event.Object {
			return true
		}
		values, ok := t.resources.Extract(v.Raw)
		if !ok {
			return true
		}
		text := func(member int) []byte {
			if v := values[member]; v.Kind == event.String {
				return t.textOf(v)
			}
			return nil
		}
		one := resource{arn: text(memberARN), kind: text(memberType)}
		if one.arn == nil {
			one.arn = text(memberARNPrefix)
		}
		if one.arn != nil || one.kind != nil {
			r.resources = append(r.resources, one)
		}
		return len(r.resources) < maxResources
	})
}

// textOf is the text that a value stands for; never nil.
func (t *taker) textOf(v event.Value) []byte {
	if !v.Escaped {
		return v.Raw[:len(v.Raw):len(v.Raw)]
	}
	at := len(t.text)
	t.text = v.AppendText(t.text)
	return t.text[at:len(t.text):len(t.text)]
}

// keep is a copy of b, good until reset.
func (t *taker) keep(b []byte) []byte {
	at := len(t.text)
	t.text = append(t.text, b...)
	return t.text[at:len(t.text):len(t.text)]
}

// keepText is a copy of s, good until reset.
func (t *taker) keepText(s string) []byte {
	at := len(t.text)
	t.text = append(t.text, s...)
	return t.text[at:len(t.text):len(t.text)]
}

// settle makes of what a record holds what a segment can hold: texts that are
// too long or not UTF-8 stay out. The event's id is what it is stored under.
func (r *record) settle(raw []byte, id event.ID) {
	// What is cut out of UTF-8 between quotes, and unescaped, is UTF-8.
	clean := utf8.Valid(raw)
	if !clean {
		r.undecided |= 1 << messageText
	}
	storable := func(text []byte) bool { return len(text) <= maxText && (clean || utf8.Valid(text)) }
	for c, text := range r.text {
		if text != nil && !storable(text) {
			r.text[c] = nil
			r.undecided |= 1 << c
		}
	}
	if r.undecided&(1<<readOnly) != 0 {
		r.readOnly = event.Absent
	}
	if r.hasID && r.id != id {
		r.undecided |= 1 << eventID
	}
	for i := range r.resources {
		for _, text := range []*[]byte{&r.resources[i].arn, &r.resources[i].kind} {
			if *text != nil && !storable(*text) {
				*text = nil
				r.undecided |= 1 << resources
			}
		}
	}
	if len(r.resources) == maxResources {
		r.undecided |= 1 << resources
	}
}
