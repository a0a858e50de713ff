// Package evidence tells what happened: who did what, from where, and whether it
// was let through, taken out of CloudTrail's records, one by one and summed up
// for the notice of an alarm.
package evidence

import "time"

// An Event is what one record tells, in texts that are bounded and may hold
// anything. What the record does not tell is empty.
type Event struct {
	Time         time.Time `json:"time"`
	EventID      string    `json:"eventId,omitempty"`
	Source       string    `json:"source,omitempty"`    // iam.amazonaws.com
	Name         string    `json:"name,omitempty"`      // CreateUser
	Principal    string    `json:"principal,omitempty"` // who: an ARN, or the best there is
	AccessKey    string    `json:"accessKey,omitempty"`
	Address      string    `json:"address,omitempty"`
	UserAgent    string    `json:"userAgent,omitempty"`
	Account      string    `json:"account,omitempty"`
	Region       string    `json:"region,omitempty"`
	ErrorCode    string    `json:"errorCode,omitempty"`
	ErrorMessage string    `json:"errorMessage,omitempty"`
}

// A Summary is what rang an alarm, or went on while it stayed in ALARM.
type Summary struct {
	Alarm    string `json:"alarm"` // name
	AlarmARN string `json:"alarmArn"`
	Title    string `json:"title,omitempty"`
	Severity string `json:"severity,omitempty"`
	State    string `json:"state"` // the new one
	Previous string `json:"previous"`
	Reason   string `json:"reason"`
	// At is when the state changed; From and To bound the events told of.
	At   time.Time `json:"at"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Count is how many events matched in that time.
	Count int64 `json:"count"`
	// Late says that the data came too late for the period it belongs to.
	Late bool `json:"late,omitempty"`
	// Repeated says that the alarm was in ALARM already.
	Repeated bool `json:"repeated,omitempty"`

	// The most frequent of the events that are known, most frequent first.
	Principals []Count `json:"principals,omitempty"`
	Keys       []Count `json:"keys,omitempty"`    // ids of access keys
	Actions    []Count `json:"actions,omitempty"` // iam:CreateUser
	Addresses  []Count `json:"addresses,omitempty"`
	Accounts   []Count `json:"accounts,omitempty"`
	Regions    []Count `json:"regions,omitempty"`
	Errors     []Count `json:"errors,omitempty"`
	// Newest are the newest events, newest first.
	Newest []Event `json:"newest,omitempty"`
	// Command shows all of them.
	Command string `json:"command,omitempty"`
}

// A Count is how often a text occurs.
type Count struct {
	Text  string `json:"text"`
	Count int64  `json:"count"`
}
