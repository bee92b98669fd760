// A client of the Go code that openapi-generator makes: it walks all contacts, and asks until it is refused. With WALK_ALONE set
// it walks and does no more. It prints what it saw as a line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"

	openapi "github.com/GIT_USER_ID/GIT_REPO_ID"
)

const patience = 200

type seen struct {
	Contacts int              `json:"contacts"`
	Statuses []string         `json:"statuses"`
	Problem  *openapi.Problem `json:"problem"`
}

func main() {
	configuration := openapi.NewConfiguration()
	configuration.Servers = openapi.ServerConfigurations{{URL: os.Getenv("OUTBOUND_BASE_URL")}}
	client := openapi.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), openapi.ContextAccessToken, os.Getenv("OUTBOUND_API_KEY"))

	walked := walk(ctx, client)
	if os.Getenv("WALK_ALONE") != "" {
		return
	}
	for asked := 0; asked < patience && walked.Problem == nil; asked++ {
		walked.Problem = refusal(ctx, client)
	}
	line, err := json.Marshal(walked)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}

func walk(ctx context.Context, client *openapi.APIClient) seen {
	contacts, statuses := map[string]bool{}, map[string]bool{}
	for request := client.ContactsAPI.ListContacts(ctx).Limit(200); ; {
		page, _, err := request.Execute()
		if err != nil {
			log.Fatal(err)
		}
		for _, contact := range page.Data {
			contacts[contact.Id] = true
			statuses[contact.QualificationStatus] = true
		}
		cursor := page.GetNextCursor()
		if cursor == "" {
			break
		}
		request = request.Cursor(cursor)
	}
	walked := seen{Contacts: len(contacts)}
	for status := range statuses {
		walked.Statuses = append(walked.Statuses, status)
	}
	return walked
}

// Asks once, and returns the problem of a refusal; nil if it was served.
func refusal(ctx context.Context, client *openapi.APIClient) *openapi.Problem {
	_, _, err := client.IdentityAPI.GetMe(ctx).Execute()
	if err == nil {
		return nil
	}
	var refused *openapi.GenericOpenAPIError
	if errors.As(err, &refused) {
		if problem, typed := refused.Model().(openapi.Problem); typed {
			return &problem
		}
	}
	log.Fatal(err)
	return nil
}
