package model

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/wire"
)

// CloudWatchLogs speaks JSON 1.1.
func CloudWatchLogs() wire.Model {
	return wire.Model{
		Name: "cloudwatchlogs", SigningName: "logs", Shape: "Logs_20140328", Version: "2014-03-28",
		JSON: true, LowerNames: true,
		Names: map[string]string{
			"DescribeDestinationsInput.DestinationNamePrefix": "DestinationNamePrefix",
		},
		Unions: []any{
			&types.IntegrationDetailsMemberOpenSearchIntegrationDetails{},
			&types.ResourceConfigMemberOpenSearchResourceConfig{},
			&types.StartLiveTailResponseStreamMemberSessionStart{},
			&types.StartLiveTailResponseStreamMemberSessionUpdate{},
		},
	}
}
