package app

import (
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"tocsin/core/topic"
	"tocsin/flow/ingest"
	"tocsin/store/events"
	"tocsin/store/state"
)

// A Config is what the operator says: docs/config.md tells what each key means,
// examples/tocsin.yaml shows all of them. Load makes one that is sound.
type Config struct {
	Data      string `key:"data"`
	Account   string `key:"account"`
	Region    string `key:"region"`
	Partition string `key:"partition"` // "" for that of the Region

	Listen    Listen `key:"listen"`
	Console   Listen `key:"console"`
	PublicURL string `key:"public_url"` // "" for http:// and Listen

	Database Secret `key:"database"` // "" for SQLite in Data
	Segments string `key:"segments"` // "" for a folder in Data

	LogGroups []LogGroup `key:"log_groups"` // at least one; the first is the default
	Sources   []Source   `key:"sources"`

	Pack   string        `key:"pack"`
	Alarms AlarmSettings `key:"alarms"`
	Timing Timing        `key:"timing"`
	Clock  Clock         `key:"clock"`

	Topics    []Topic        `key:"topics"` // at least one; the first is the default
	Subscribe []Subscriber   `key:"subscribe"`
	SMTP      SMTP           `key:"smtp"`
	Networks  []netip.Prefix `key:"allow_networks"`

	Keep   Keep   `key:"keep"`
	Limits Limits `key:"limits"`
	Log    Log    `key:"log"`

	// Path is the file that this was read from, "" when there was none.
	Path string
}

// A LogGroup is a log group that exists from the start.
type LogGroup struct {
	Name          string `key:"name"`
	RetentionDays *int   `key:"retention_days"` // 0: for ever; nil: as it is, for ever when it is new
}

// A Source is where log files come from.
type Source struct {
	From     string   `key:"from"`
	LogGroup string   `key:"log_group"` // "" for the default
	Since    Since    `key:"since"`
	Poll     Duration `key:"poll"`     // 0 for the source's own
	Buckets  []string `key:"buckets"`  // that a queue may speak of; none for all
	AnyKey   bool     `key:"any_key"`  // whether a queue's objects may have any name
	Insights bool     `key:"insights"` // whether files of CloudTrail Insights are read
	// Backfill is a stretch of the past to read once besides; nil for none.
	Backfill *Backfill `key:"backfill"`
}

// A Backfill is a stretch of time whose log files are read once.
type Backfill struct {
	From Day  `key:"from"` // zero: from the first file on
	To   Day  `key:"to"`   // zero: up to the start
	Ring bool `key:"ring"` // whether alarms ring for it
}

// AlarmSettings are what tocsin adds to the alarms of the pack.
type AlarmSettings struct {
	Repeat    Repeat          `key:"repeat"`
	Every     Duration        `key:"every"`
	Silence   Duration        `key:"silence"` // 0: no alarm rings for it
	Overrides []AlarmOverride `key:"overrides"`
}

// An AlarmOverride says it otherwise for one alarm.
type AlarmOverride struct {
	Alarm  string    `key:"alarm"`
	Repeat *Repeat   `key:"repeat"`
	Every  *Duration `key:"every"`
}

// A Topic is a topic that exists from the start.
type Topic struct {
	Name        string `key:"name"`
	DisplayName string `key:"display_name"`
}

// A Subscriber is a subscription that the configuration owns: taken out of it,
// it is taken away.
type Subscriber struct {
	To             Secret `key:"to"`
	Topic          string `key:"topic"` // "" for the default
	FilterPolicy   JSON   `key:"filter_policy"`
	FilterScope    string `key:"filter_policy_scope"`
	Raw            bool   `key:"raw"`
	DeliveryPolicy JSON   `key:"delivery_policy"`
	DeadLetters    string `key:"dead_letters"`
}

// SMTP is the server that sends mail.
type SMTP struct {
	URL        Secret `key:"url"` // "" for none
	Password   Secret `key:"password"`
	From       string `key:"from"`
	RequireTLS bool   `key:"require_tls"`
	CA         string `key:"ca"`
	Hello      string `key:"hello"`
}

// Keep is how long things are kept that no log group's retention speaks of.
type Keep struct {
	Marks    Duration `key:"marks"`
	Points   Duration `key:"points"`
	Evidence Duration `key:"evidence"`
	Messages Duration `key:"messages"`
}

// Limits bound what the work takes of the machine.
type Limits struct {
	Records    Size `key:"records"`
	IDs        Size `key:"ids"`
	Workers    int  `key:"workers"` // 0 for one per processor
	Deliveries int  `key:"deliveries"`
	// SealAfter is how long events stay in the database before they become a segment.
	SealAfter Duration `key:"seal_after"`
}

// Log is how the daemon tells what it does.
type Log struct {
	Format LogFormat `key:"format"`
	Level  LogLevel  `key:"level"`
}

// Default is the configuration that says nothing.
func Default() Config {
	return Config{
		Data: "tocsin-data", Account: "000000000000", Region: "us-east-1",
		Listen: "127.0.0.1:4580", Console: "127.0.0.1:4581",
		LogGroups: []LogGroup{{Name: "aws-cloudtrail-logs"}},
		Pack:      "cis",
		Alarms:    AlarmSettings{Repeat: Repeat(state.RepeatOnNewEvents), Every: Duration(time.Hour)},
		Timing:    Immediate,
		Clock:     SystemClock,
		Topics:    []Topic{{Name: "security-alarms"}},
		Keep: Keep{
			Marks: 14 * day, Points: 455 * day, Evidence: 90 * day, Messages: 90 * day,
		},
		Limits: Limits{Records: ingest.DefaultMaxInFlight, IDs: ingest.DefaultMaxIDs, Deliveries: 32, SealAfter: Duration(events.DefaultSealAge)},
		Log:    Log{Format: FormatAuto},
	}
}

// Scope is the account and the Region that everything is made in.
func (c *Config) Scope() state.Scope {
	s := state.Scope{Partition: c.Partition, Account: c.Account, Region: c.Region}
	if s.Partition == "" {
		s.Partition = partitionOf(c.Region)
	}
	return s
}

// partitionOf is the partition that a Region belongs to.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// DSN is where the state is kept, as state.Open takes it.
func (c *Config) DSN() string {
	if dsn := c.Database.Reveal(); dsn != "" {
		return dsn
	}
	return "sqlite:" + filepath.Join(c.Data, databaseName)
}

// SegmentsAt is where segments are kept: a folder, or s3://bucket/prefix.
func (c *Config) SegmentsAt() string {
	if c.Segments != "" {
		return c.Segments
	}
	return filepath.Join(c.Data, segmentsName)
}

// Site is where the links in messages lead.
func (c *Config) Site() topic.Site {
	if c.PublicURL != "" {
		return topic.Site(strings.TrimSuffix(c.PublicURL, "/"))
	}
	return topic.Site("http://" + c.Listen.reachable())
}

// TopicARN is the topic with that name, the default with "".
func (c *Config) TopicARN(name string) string {
	if name == "" {
		name = c.Topics[0].Name
	}
	s := c.Scope()
	return topic.TopicARN(s.Partition, s.Region, s.Account, name)
}

// RepeatOf is whether and how often the alarm with that name is told again while it lasts.
func (c *Config) RepeatOf(alarm string) state.Repeat {
	mode, every := c.Alarms.Repeat, c.Alarms.Every
	for _, o := range c.Alarms.Overrides {
		if o.Alarm != alarm {
			continue
		}
		if o.Repeat != nil {
			mode = *o.Repeat
		}
		if o.Every != nil {
			every = *o.Every
		}
	}
	if state.RepeatMode(mode) == state.RepeatOff {
		return state.Repeat{}
	}
	return state.Repeat{Mode: state.RepeatMode(mode), Every: time.Duration(every)}
}

// Alarmed are the ids of the alarms that the pack makes, and of its controls
// that are left out since they hold example values.
func (c *Config) Alarmed() (ids, leftOut []string, err error) {
	pack, leftOut, err := controls(c.Pack)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range pack.Controls {
		ids = append(ids, k.ID)
	}
	return ids, leftOut, nil
}

// ShownDatabase is where the state is kept, without what is secret in it.
func (c *Config) ShownDatabase() string {
	address, _, _ := strings.Cut(c.DSN(), "?")
	return withoutUser(address)
}
