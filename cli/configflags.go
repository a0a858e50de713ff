package cli

import (
	"github.com/spf13/pflag"

	"tocsin/app"
)

// A configFlag is a flag that says what a key of the configuration says.
type configFlag struct {
	name, key, usage string
	many             bool // it may be repeated, and adds to a list
}

// configFlags are the flags for the common case, in the order of the help.
var configFlags = []configFlag{
	{"data", "data", "keep everything in `DIR` unless the configuration says otherwise (default tocsin-data)", false},
	{"source", "sources", "take log files from `SOURCE`: dir:PATH, s3://BUCKET/PREFIX, sqs:URL or -; may be repeated", true},
	{"subscribe", "subscribe", "tell `WHOM`: email:ADDRESS, https://..., slack:URL, sqs:ARN, lambda:ARN, or file:PATH and env:NAME with one of these; may be repeated", true},
	{"smtp", "smtp.url", "send mail through `URL`: smtp://[USER@]HOST:587 or smtps://..., or file:PATH and env:NAME with one that holds a password", false},
	{"from", "smtp.from", "send mail from `ADDRESS`", false},
	{"pack", "pack", "make the alarms of `PACK` at the first start: cis, cis:VERSION, securityhub, all, none or a file (default cis)", false},
	{"account", "account", "the account `ID` that all of it belongs to (default 000000000000)", false},
	{"region", "region", "its `REGION` (default us-east-1)", false},
	{"listen", "listen", "take requests, and what links in messages lead to, at `ADDRESS` (default 127.0.0.1:4580)", false},
	{"console", "console", "serve status page, metrics and health at `ADDRESS` (default 127.0.0.1:4581)", false},
	{"public-url", "public_url", "let links in messages begin with `URL` (default http:// and --listen)", false},
	{"database", "database", "keep the state in `DSN`: sqlite:PATH, postgres://USER@HOST/NAME, or file:PATH and env:NAME with one of these", false},
	{"clock", "clock", "go by `CLOCK`: system, or manual, which tocsin clock moves (default system)", false},
	{"log-format", "log.format", "log as `FORMAT`: text, json or auto (default auto)", false},
	{"log-level", "log.level", "log from `LEVEL` on: debug, info, warn or error (default info)", false},
}

// flagValues are what flags said, in the order in which they said it.
type flagValues struct {
	config   string
	settings []app.Setting
}

func (v *flagValues) addFlags(f *pflag.FlagSet) {
	f.StringVar(&v.config, "config", "", "read the configuration `FILE` (docs/config.md); flags win over it")
	f.SortFlags = false
	for _, c := range configFlags {
		f.Var(&settingValue{flag: c, into: &v.settings}, c.name, c.usage)
	}
}

// settingValue is a flag's value that becomes a setting whenever the flag is given.
type settingValue struct {
	flag configFlag
	into *[]app.Setting
	last string
}

func (s *settingValue) String() string { return s.last }
func (s *settingValue) Type() string   { return "text" }

func (s *settingValue) Set(text string) error {
	s.last = text
	*s.into = append(*s.into, app.Setting{Flag: "--" + s.flag.name, Key: s.flag.key, Text: text})
	return nil
}

// setup is where the configuration comes from.
func (v *flagValues) setup(s Streams) app.Setup {
	return app.Setup{Path: v.config, Flags: v.settings, Getenv: s.Getenv}
}
