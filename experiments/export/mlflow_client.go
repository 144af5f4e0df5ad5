package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/gonst/workbench/experiments/internal/mistake"
)

// mlflowClient is a client of MLflow's REST interface, version 2.0:
// mlflow.org/docs/latest/rest-api.html.
type mlflowClient struct {
	base  *url.URL
	tries *retryablehttp.Client // for requests that may be repeated
	once  *retryablehttp.Client // for requests that may not
	auth  func(*http.Request)
}

// MLflowError is an error response of a server.
type MLflowError struct {
	Request string // method and path
	Status  int    // of HTTP
	Code    string // MLflow's own: "RESOURCE_DOES_NOT_EXIST"; may be empty
	Message string
}

func (e *MLflowError) Error() string {
	text := fmt.Sprintf("MLflow refused %s: %d %s", e.Request, e.Status, http.StatusText(e.Status))
	for _, s := range []string{e.Code, e.Message} {
		if s != "" {
			text += ": " + s
		}
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		text += " (MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, say who you are)"
	}
	return text
}

// newMLflow returns a client. It authenticates like MLflow's own clients: by the
// address, or by the environment (username and password before a token).
func newMLflow(address string, env func(string) string, wait time.Duration) (*mlflowClient, error) {
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, mistake.Errorf("%q is not the URL of an MLflow server, such as http://localhost:5000", address)
	}
	c := &mlflowClient{base: base, auth: func(*http.Request) {}}
	user, password := base.User.Username(), ""
	if user != "" {
		password, _ = base.User.Password()
	} else if user, password = env("MLFLOW_TRACKING_USERNAME"), env("MLFLOW_TRACKING_PASSWORD"); user == "" || password == "" {
		user = ""
	}
	base.User, base.RawQuery, base.Fragment = nil, "", ""
	if token := env("MLFLOW_TRACKING_TOKEN"); user != "" {
		c.auth = func(r *http.Request) { r.SetBasicAuth(user, password) }
	} else if token != "" {
		c.auth = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	client := func(tries int) *retryablehttp.Client {
		r := retryablehttp.NewClient()
		r.HTTPClient.Timeout = time.Minute
		r.Logger = nil
		r.RetryMax, r.RetryWaitMin, r.RetryWaitMax = tries-1, wait, 16*wait
		r.ErrorHandler = retryablehttp.PassthroughErrorHandler // the server's own words, not "giving up"
		return r
	}
	c.tries, c.once = client(5), client(1)
	return c, nil
}

// call sends a request and decodes the response into out, if that is not nil. With once
// it does not repeat a request whose outcome is unknown.
func (c *mlflowClient) call(ctx context.Context, method, path string, in, out any, once bool) error {
	var body []byte
	address := c.base.JoinPath("api/2.0/mlflow", path)
	if method == http.MethodGet {
		address.RawQuery = in.(url.Values).Encode()
	} else {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	return c.send(ctx, method, address, body, "application/json", out, once)
}

// maxAnswer is more than the size of any response.
const maxAnswer = 64 << 20

func (c *mlflowClient) send(ctx context.Context, method string, address *url.URL, body []byte, kind string, out any, once bool) error {
	var content any
	if body != nil {
		content = body
	}
	r, err := retryablehttp.NewRequestWithContext(ctx, method, address.String(), content)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	c.auth(r.Request)
	what := method + " " + address.Path
	client := c.tries
	if once {
		client = c.once
	}
	answer, err := client.Do(r)
	if answer != nil {
		defer answer.Body.Close()
	}
	if err != nil {
		var failure *url.Error
		if errors.As(err, &failure) {
			err = failure.Err // whose address contains no password
		}
		return fmt.Errorf("MLflow at %s did not answer %s: %w", c.base.Host, what, err)
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("MLflow's answer to %s: %w", what, err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		e := &MLflowError{Request: what, Status: answer.StatusCode}
		var said struct {
			Code    string `json:"error_code"`
			Message string `json:"message"`
		}
		if json.Unmarshal(data, &said) == nil {
			e.Code, e.Message = said.Code, said.Message
		} else if text := strings.TrimSpace(string(data)); !strings.Contains(text, "<") {
			e.Message = fmt.Sprintf("%.200s", text)
		}
		return e
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(out); err != nil {
		return fmt.Errorf("MLflow's answer to %s is not valid JSON: %w; is %s an MLflow server?", what, err, c.base.Host)
	}
	return nil
}

// whole is an int64, which some versions of the server quote.
type whole int64

func (w *whole) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(bytes.Trim(data, `"`), (*int64)(w))
}

// The fields of messages that we need.
type (
	mlflowPair struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	mlflowMetric struct {
		Key       string `json:"key"`
		Value     any    `json:"value"` // a number, or "NaN", "Infinity", "-Infinity" as JSON of protocol buffers has it
		Timestamp int64  `json:"timestamp"`
		Step      int64  `json:"step"`
	}
	mlflowRun struct {
		Info struct {
			RunID       string `json:"run_id"`
			Status      string `json:"status"`
			ArtifactURI string `json:"artifact_uri"`
		} `json:"info"`
		Data struct {
			Metrics []struct { // the last of each key
				Key  string `json:"key"`
				Step whole  `json:"step"`
			} `json:"metrics"`
			Params []mlflowPair `json:"params"`
			Tags   []mlflowPair `json:"tags"`
		} `json:"data"`
	}
)

// experiment finds or creates the experiment of that name.
func (c *mlflowClient) experiment(ctx context.Context, name string) (string, error) {
	var answer struct {
		Experiment struct {
			ID    string `json:"experiment_id"`
			Stage string `json:"lifecycle_stage"`
		} `json:"experiment"`
	}
	get := func() error {
		return c.call(ctx, http.MethodGet, "experiments/get-by-name", url.Values{"experiment_name": {name}}, &answer, false)
	}
	err := get()
	var refusal *MLflowError
	if errors.As(err, &refusal) && refusal.Code == "RESOURCE_DOES_NOT_EXIST" {
		var made struct {
			ID string `json:"experiment_id"`
		}
		err = c.call(ctx, http.MethodPost, "experiments/create", map[string]string{"name": name}, &made, false)
		if errors.As(err, &refusal) && refusal.Code == "RESOURCE_ALREADY_EXISTS" { // another client was faster, or a response was lost
			err = get()
		} else if err == nil {
			return made.ID, nil
		}
	}
	if err != nil {
		return "", err
	}
	if answer.Experiment.Stage == "deleted" {
		return "", fmt.Errorf("MLflow's experiment %q is deleted: restore it on the server (mlflow experiments restore), or choose another name", name)
	}
	return answer.Experiment.ID, nil
}

// find returns the run with that identity, or nil.
func (c *mlflowClient) find(ctx context.Context, experiment, id string) (*mlflowRun, error) {
	var answer struct {
		Runs []mlflowRun `json:"runs"`
	}
	err := c.call(ctx, http.MethodPost, "runs/search", map[string]any{
		"experiment_ids": []string{experiment}, "filter": fmt.Sprintf("tags.%s = '%s'", tagID, strings.ReplaceAll(id, "'", "")),
		"run_view_type": "ACTIVE_ONLY", "max_results": 2,
	}, &answer, false)
	if err != nil || len(answer.Runs) == 0 {
		return nil, err
	}
	return &answer.Runs[0], nil
}

// create creates a run. If the response is lost it searches for the run, so that no run
// is created twice.
func (c *mlflowClient) create(ctx context.Context, experiment, id, name string, start int64, tags []mlflowPair) (*mlflowRun, error) {
	var answer struct {
		Run mlflowRun `json:"run"`
	}
	for try := 0; ; try++ {
		err := c.call(ctx, http.MethodPost, "runs/create", map[string]any{
			"experiment_id": experiment, "run_name": name, "start_time": start, "tags": tags,
		}, &answer, true)
		if err == nil {
			return &answer.Run, nil
		}
		var refusal *MLflowError
		if refused := errors.As(err, &refusal); refused && refusal.Status < 500 && refusal.Status != http.StatusTooManyRequests || try == 3 {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(c.tries.RetryWaitMin << try):
		}
		if run, findErr := c.find(ctx, experiment, id); findErr != nil || run != nil {
			return run, findErr
		}
	}
}
