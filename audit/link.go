package audit

import (
	"encoding/json"
	"fmt"
)

// A Rank is how much a link carries. Higher is worse.
type Rank uint8

const (
	Holds      Rank = iota
	Restricted      // it carries, but not all or not for certain
	Unknown         // it could not be read
	Broken
)

// String is the rank in one word.
func (r Rank) String() string { return [...]string{"holds", "restricted", "unknown", "broken"}[r] }

// MarshalText implements encoding.TextMarshaler.
func (r Rank) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rank) UnmarshalText(text []byte) error {
	for known := Holds; known <= Broken; known++ {
		if known.String() == string(text) {
			*r = known
			return nil
		}
	}
	return fmt.Errorf("no state of a link: %q", text)
}

// The links of a chain, in order.
const (
	TrailLink        = "trail"
	SelectorLink     = "event selectors"
	LogGroupLink     = "log group"
	FilterLink       = "metric filter"
	MetricLink       = "metric"
	AlarmLink        = "alarm"
	CompositeLink    = "composite alarm"
	ActionLink       = "action"
	TopicLink        = "topic"
	KeyLink          = "key"
	SubscriptionLink = "subscription"
	BucketLink       = "bucket"
)

// A Link is one link of the chain and how it holds.
type Link struct {
	Kind string `json:"kind"`
	// Name is the resource's, as the account calls it; "" where there is none, or
	// none is known because it could not be read.
	Name string `json:"name"`
	Rank Rank   `json:"state"`
	Text string `json:"text,omitempty"`

	problem  problem
	of       string // the resource's ARN, where the name is not enough to know it by
	evidence []Evidence
	notes    []string // what is worth knowing though the link holds
}

// Called is what the link is called: its kind and its name, or that there is none.
// shown makes of a name what is shown of it.
func (l *Link) Called(shown func(name string) string) string {
	switch {
	case l.Name != "":
		return l.Kind + " " + shown(l.Name)
	case l.Rank == Unknown:
		return l.Kind + " not read"
	case l.Kind == SubscriptionLink:
		return "no confirmed " + l.Kind
	}
	return "no " + l.Kind
}

// sentence says what is wrong with the link. The text of one without a name says
// itself what there is none of.
func (l *Link) sentence() string {
	if l.Name == "" {
		return l.Text
	}
	return l.Kind + " " + l.Name + ": " + l.Text
}

// A problem is what is wrong with a link as far as the mend differs.
type problem uint8

const (
	nothing problem = iota
	trailStopped
	trailSingleRegion
	trailWithoutGroup
	trailDelivery
	selectorsNarrow
	noFilter
	noClass
	filterNarrow
	filterCriteria
	filterValue
	filterDefault
	noAlarm
	alarmSettings
	alarmShared
	alarmActionsOff
	alarmWithoutAction
	alarmMuted
	topicGone
	topicPolicy
	topicDenies
	topicKey
	nobodyConfirmed
	filterPolicy
	noTrail
	trailValidation
	trailKey
	dataEvents
	bucketPublic
	bucketLogging
)

// Evidence is an answer of an API that a finding rests on.
type Evidence struct {
	Call     string          `json:"call"`
	Resource string          `json:"resource"`
	Answer   json.RawMessage `json:"answer,omitempty"`
}

// evidence is the answer without the members that say nothing.
func evidence(call, resource string, answer any) []Evidence {
	e := Evidence{Call: call, Resource: resource}
	if answer != nil {
		text, err := json.Marshal(answer)
		var members map[string]any
		if err == nil && json.Unmarshal(text, &members) == nil {
			prune(members)
			text, err = json.Marshal(members)
		}
		if err == nil {
			e.Answer = text
		}
	}
	return []Evidence{e}
}

// prune drops nulls and what the SDK adds of its own.
func prune(members map[string]any) {
	delete(members, "ResultMetadata")
	for k, v := range members {
		switch v := v.(type) {
		case nil:
			delete(members, k)
		case string:
			if v == "" {
				delete(members, k)
			}
		case map[string]any:
			prune(v)
		case []any:
			for _, item := range v {
				if m, ok := item.(map[string]any); ok {
					prune(m)
				}
			}
		}
	}
}

func worst(links []Link) Rank {
	r := Holds
	for _, l := range links {
		r = max(r, l.Rank)
	}
	return r
}
