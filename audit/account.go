package audit

import (
	"slices"
	"strings"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/topic"
)

// An Account is what an account says about its alarm chain, as plain values. A
// pointer that is nil stands for what an answer did not say.
type Account struct {
	ID        string
	Partition string
	// Region is where the account was asked for its trails.
	Region string
	// Regions are those in use, for single-Region trails to cover together; may be none.
	Regions []string
	// Observers are the accounts whose alarms were asked for too.
	Observers []string
	At        time.Time

	Trails    []Trail
	LogGroups []LogGroup
	Alarms    []AlarmSet
	Topics    []Topic
	Keys      []Key
	Buckets   []Bucket
	// Missing are the questions that were not answered.
	Missing []Missing
	// Calls is how many API calls were made.
	Calls int
}

// A Missing is a question that an account did not answer.
type Missing struct {
	// Action is the permission that it takes, such as sns:GetTopicAttributes.
	Action   string `json:"action"`
	Resource string `json:"resource"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	// Code is the service's error, or what went wrong where it has none.
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Text is for people: the permission that it takes, or what went wrong with the
// call of that name where it was not refused.
func (m Missing) Text() string {
	text := "not readable without " + m.Action + " on " + m.Resource
	if m.Code != "" && !refusal(m.Code) {
		text = "not readable, as " + m.Action + " failed on " + m.Resource
	}
	if m.Account != "" && !strings.Contains(m.Resource, m.Account) {
		text += " in account " + m.Account
	}
	if m.Code != "" {
		text += " (" + m.Code + ")"
	}
	return text
}

// refusal tells whether an error is about permissions, or about a client that is
// not there for want of them; not throttling, or an answer that makes no sense.
func refusal(code string) bool {
	return slices.ContainsFunc([]string{"Denied", "Unauthorized", "NotAuthorized", "Authorization", "Forbidden", "Token", "SignatureDoesNotMatch", "role", "client"},
		func(word string) bool { return strings.Contains(code, word) })
}

// A Trail is what DescribeTrails, GetTrailStatus and GetEventSelectors say.
type Trail struct {
	ARN, Name, HomeRegion string
	MultiRegion           *bool
	Organization          bool
	GlobalEvents          *bool
	LogGroup              string // ARN without :*, "" for none
	Role                  string // by which it delivers there
	Bucket                string
	KMSKey                string
	Validation            *bool
	Custom                *bool // HasCustomEventSelectors
	// Status is nil when it could not be read, Selectors likewise.
	Status    *TrailStatus
	Selectors *Selectors
	answer    any
}

// Account is the account that owns the trail.
func (t Trail) Account() string { return arnPart(t.ARN, 4) }

// A TrailStatus is what GetTrailStatus says.
type TrailStatus struct {
	Logging       *bool
	Started       time.Time
	LogsDelivered time.Time // LatestCloudWatchLogsDeliveryTime
	LogsError     string    // LatestCloudWatchLogsDeliveryError
	Delivered     time.Time // LatestDeliveryTime, into the bucket
	Error         string    // LatestDeliveryError
	answer        any
}

// Selectors are a trail's event selectors, of one kind.
type Selectors struct {
	Basic    []BasicSelector
	Advanced []AdvancedSelector
	answer   any
}

// A BasicSelector is one of EventSelectors.
type BasicSelector struct {
	ReadWriteType     string
	Management        *bool
	ExcludedSources   []string
	DataType, DataARN []string // resource types and their ARN prefixes, in step
}

// An AdvancedSelector is one of AdvancedEventSelectors: all fields must agree.
type AdvancedSelector struct{ Fields []FieldSelector }

// A FieldSelector is one condition of an AdvancedSelector.
type FieldSelector struct {
	Field                                string
	Equals, StartsWith, EndsWith         []string
	NotEquals, NotStartsWith, NotEndWith []string
}

// A LogGroup is a log group that a trail delivers to, with its metric filters.
type LogGroup struct {
	ARN     string
	Read    bool   // whether the filters were listed to the end
	Gone    bool   // there is no such log group
	Class   string // asked for where there are no filters
	Filters []Filter
}

// Name is the log group's name.
func (g LogGroup) Name() string {
	_, name, _ := strings.Cut(g.ARN, ":log-group:")
	return name
}

// A Filter is one metric filter.
type Filter struct {
	Name            string
	Pattern         *string
	Metrics         []FilterMetric
	Transformed     bool   // applyOnTransformedLogs
	Criteria        string // fieldSelectionCriteria
	SystemFields    []string
	logGroup        string
	account, region string
	answer          any
}

// A FilterMetric is one transformation of a filter.
type FilterMetric struct {
	Namespace, Name, Value string
	Default                *float64
	Dimensions             []string          // names
	Fields                 map[string]string // the selector of each dimension's value
	Unit                   string
}

// An AlarmSet is the alarms of one account and Region.
type AlarmSet struct {
	Account, Region string
	Read            bool // whether the alarms were listed to the end
	Metric          []MetricAlarm
	Composite       []CompositeAlarm
	Log             []LogAlarm
	// Mutes are the rules that mute alarms now or later; MutesRead says that all of
	// them were read.
	Mutes     []Mute
	MutesRead bool
	// History has the newest record of each alarm and action; HistoryRead says
	// that the history was readable.
	History     []ActionRecord
	HistoryRead bool
}

// A MetricAlarm is an alarm with its state. Odd says why it could not be read as
// a definition that CloudWatch would accept.
type MetricAlarm struct {
	alarm.Alarm
	Enabled *bool // ActionsEnabled
	State   alarm.State
	Since   time.Time
	Odd     string
	// Evaluation is the EvaluationState, "" for nothing wrong.
	Evaluation string
	// WarmUp is until when the alarm may not act yet.
	WarmUp time.Time
	answer any
}

// A LogAlarm is an alarm on a scheduled query of log groups.
type LogAlarm struct {
	Name, Query string
	Groups      []string // names or ARNs
	Enabled     *bool
	Actions     []string
	answer      any
}

// A Mute is an alarm mute rule. Odd says why its schedule could not be read.
type Mute struct {
	alarm.Mute
	Odd    string
	answer any
}

// A CompositeAlarm is a composite alarm with its state. Odd says why its rule could
// not be read, which then is nil.
type CompositeAlarm struct {
	alarm.Composite
	Enabled  *bool
	State    alarm.State
	Since    time.Time
	Odd      string
	ruleText string
	answer   any
}

// An ActionRecord is what the history says of an action.
type ActionRecord struct {
	Alarm, Action string
	At            time.Time
	Failed        bool
	Summary       string
	Error         string
}

// A Topic is an SNS topic that alarms publish to.
type Topic struct {
	ARN string
	// Attributes is nil when they could not be read.
	Attributes map[string]string
	// Listed says that the subscriptions were listed to the end.
	Listed        bool
	Gone          bool // there is no such topic
	Subscriptions []Subscription
	answer        any
}

// A Key is a KMS key as a topic or trail names it. What is nil or "" was not read.
type Key struct {
	Name            string // id, ARN or alias
	Account, Region string // where it is known by that name
	ARN             string
	State           string // Enabled, Disabled, ...
	AWS             bool   // AWS manages it
	Policy          *string
}

// A Subscription is one of a topic. Attributes is nil when not read; Skipped says
// that nobody asked, for there are too many.
type Subscription struct {
	ARN, Endpoint string
	Protocol      topic.Protocol
	Attributes    map[string]string
	Skipped       bool
}

// Confirmed tells whether the subscription is more than a request.
func (s Subscription) Confirmed() bool {
	a, ok := topic.ParseARN(s.ARN)
	return ok && a.Service == "sns" && s.Attributes["PendingConfirmation"] != "true"
}

// A Bucket is a trail's bucket. What is nil could not be read.
type Bucket struct {
	Name      string
	Public    *bool
	Why       string // what makes it public, or keeps it from being so
	LogTarget *string
}

func arnPart(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ""
	}
	return parts[i]
}

func (a *Account) missing(action, resource string) (Missing, bool) {
	for _, m := range a.Missing {
		if m.Action == action && m.Resource == resource {
			return m, true
		}
	}
	return Missing{}, false
}

// unread is the text for something that was not read, with the permission named.
func (a *Account) unread(action, resource string) string {
	if m, ok := a.missing(action, resource); ok {
		return m.Text()
	}
	return "not readable without " + action + " on " + resource
}

// key is the key that a topic or trail calls so, by the user's ARN.
func (a *Account) key(name, user string) *Key {
	account, region := keyPlace(name, user)
	for i := range a.Keys {
		if k := &a.Keys[i]; k.Name == name && k.Account == account && k.Region == region {
			return k
		}
	}
	return nil
}

func (a *Account) group(arn string) *LogGroup {
	for i := range a.LogGroups {
		if a.LogGroups[i].ARN == arn {
			return &a.LogGroups[i]
		}
	}
	return nil
}

func (a *Account) alarms(account, region string) *AlarmSet {
	for i := range a.Alarms {
		if a.Alarms[i].Account == account && a.Alarms[i].Region == region {
			return &a.Alarms[i]
		}
	}
	return nil
}

func (a *Account) topic(arn string) *Topic {
	for i := range a.Topics {
		if a.Topics[i].ARN == arn {
			return &a.Topics[i]
		}
	}
	return nil
}
