/* The interactive page over the API. Nothing is kept in the browser: no token, no answer. */
(() => {
  "use strict";

  const root = document.getElementById("reference");
  SwaggerUIBundle({
    url: root.dataset.schema,
    domNode: root,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: false,
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor: (request) => {
      if (request.method && request.method !== "GET") {
        request.headers["X-CSRFToken"] = root.dataset.csrf;
      }
      return request;
    },
  });
})();
