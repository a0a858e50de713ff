package cloudwatch

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// token is the NextToken of a place in a list.
func token[T any](place T) *string {
	text, err := json.Marshal(place)
	if err != nil {
		panic(err) // places are plain structs
	}
	return aws.String(base64.RawURLEncoding.EncodeToString(text))
}

// place reads a NextToken; the beginning where there is none.
func place[T any](token *string) (p T, err error) {
	if aws.ToString(token) == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, &types.InvalidNextToken{Message: aws.String("The value of NextToken is not one that this operation gave: " + *token)}
	}
	return p, nil
}

// pageSize is a MaxRecords from 1 to most, usual when it is not set.
func pageSize(given *int32, usual, most int) (int, error) {
	switch {
	case given == nil:
		return usual, nil
	case *given < 1:
		return 0, constraint(fmt.Sprint(*given), "maxRecords", "Member must have value greater than or equal to 1")
	case int(*given) > most:
		return 0, constraint(fmt.Sprint(*given), "maxRecords", fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	return int(*given), nil
}
