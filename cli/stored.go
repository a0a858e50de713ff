package cli

import (
	"context"
	"errors"
	"io/fs"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/spf13/pflag"

	"tocsin/app"
	"tocsin/web/api"
)

// storedOptions say where a server's events, subscriptions and deliveries are:
// in its data directory, or behind its address.
type storedOptions struct {
	data, endpoint, group string
}

func (o *storedOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.data, "data", "", "read the data `DIR` of tocsin serve, whether it runs or not")
	f.StringVar(&o.endpoint, "endpoint", "", "ask the server at `URL`, with its root key as AWS credentials")
}

func (o *storedOptions) addGroupFlag(f *pflag.FlagSet) {
	f.StringVar(&o.group, "log-group", "", "with --data or --endpoint: the log group of that `NAME`, where there are several")
}

// given tells whether either was named.
func (o *storedOptions) given() bool { return o.data != "" || o.endpoint != "" }

// open opens what the flags name; the caller closes it.
func (o *storedOptions) open(ctx context.Context, s Streams) (api.API, func() error, error) {
	switch {
	case o.data != "" && o.endpoint != "":
		return nil, nil, usagef("--data and --endpoint exclude each other: a server's data is asked for here or there")
	case o.data != "":
		local, done, err := app.OpenData(ctx, o.data)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, usagef("--data: %w", err)
		}
		if err != nil {
			return nil, nil, err
		}
		return local, done, nil
	case o.endpoint != "":
		// Its root key is no role of a machine: nothing is asked of the network for it.
		cfg, err := config.LoadDefaultConfig(ctx, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
		if err != nil {
			return nil, nil, err
		}
		client, err := api.NewClient(o.endpoint, cfg.Credentials, s.Now)
		if err != nil {
			return nil, nil, usagef("--endpoint: %w", err)
		}
		return client, func() error { return nil }, nil
	}
	return nil, nil, usagef("say where to look: --data DIR of tocsin serve, or --endpoint URL of a server")
}

// asUsage makes a usageError of a request that could not be answered.
func asUsage(err error) error {
	if refused := (*api.RequestError)(nil); errors.As(err, &refused) {
		return usagef("%s", refused.Message)
	}
	return err
}
