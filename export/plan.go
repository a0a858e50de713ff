package export

import (
	"strings"

	"tocsin/core/control"
)

// A Plan is what is to be there.
type Plan struct {
	// Title is one line: what this is.
	Title string
	// Notes are what a reader has to know before it is applied, a paragraph each.
	Notes []string
	// Prefix begins the names of what is new.
	Prefix string
	// Account and Region say where it belongs, "" for any.
	Account, Region string
	// LogGroup is the trail's log group; "" is asked for when the plan is applied.
	LogGroup string

	// Trail is the chain before the log group, nil when it is there already.
	Trail *Trail
	// Topic is the name of a new topic for the alarms, "" for none.
	Topic string
	// Subscribers are who is told by it, Subscribe who is told by topics that are there.
	Subscribers []Subscriber
	Filters     []Filter
	Alarms      []Alarm

	// What an audit's mend changes of what is there.
	Policies []TopicPolicy
	Renewed  []RenewedTopic
	Steps    []Step
}

// A Filter is a metric filter.
type Filter struct {
	// Key names it in the plan: lower-case letters, digits and hyphens.
	Key, Name string
	// LogGroup is "" for that of the plan.
	LogGroup          string
	Pattern           string
	Namespace, Metric string
	Value             string
	Default           *float64
	Unit              string
	Notes             []string
	// Exists says that it replaces a filter of this name.
	Exists bool
}

// An Alarm is an alarm on one metric.
type Alarm struct {
	Key, Name   string
	Description string
	// Settings are all of it; Namespace and Metric among them.
	control.Settings
	Unit string
	// Notify says that the plan's own topic is told.
	Notify bool
	// Actions, OKActions and NoDataActions are ARNs.
	Actions, OKActions, NoDataActions []string
	Notes                             []string
	Exists                            bool
}

// A Subscriber is who is told by a topic.
type Subscriber struct {
	Key string
	// Topic is the ARN of a topic that is there, "" for the plan's own.
	Topic              string
	Protocol, Endpoint string
}

// A TopicPolicy is the whole policy of a topic that is there.
type TopicPolicy struct {
	Key, Topic, Policy string
}

// A RenewedTopic is one that alarms publish to and that is gone: made again under
// its name.
type RenewedTopic struct {
	Key, ARN string
}

// Name is the topic's name.
func (t RenewedTopic) Name() string { return t.ARN[strings.LastIndexByte(t.ARN, ':')+1:] }

// A Step is a call that changes one setting of a resource that is there. Only the
// script can make it; the other forms would have to own the whole resource.
type Step struct {
	// Text says what it does, Control for what.
	Text, Control string
	// Terraform is what to write into the resource, where it is managed by Terraform.
	Terraform string

	operation string
	options   []option
}

// A Trail is a multi-Region trail with all that it takes.
type Trail struct {
	Name string
	// Bucket and Role are names; the account's number is put after Bucket.
	Bucket, Role string
	// Data says that calls on objects in S3 are logged too.
	Data bool
	// Retention is how many days the log group keeps events.
	Retention int
}

// topicName is the name of the plan's own topic.
func topicName(prefix string) string { return prefix + "-notices" }

// named is the name of something of the plan.
func (p *Plan) named(key string) string { return p.Prefix + "-" + key }

// restSuffix ends the key of a filter for what another one misses.
const restSuffix = "-rest"
