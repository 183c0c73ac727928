// Says why there is no page, in a browser so old that it does not run app/start.js. Written in the language of such browsers.
document.addEventListener("DOMContentLoaded", function () {
  var line = document.createElement("p");
  line.setAttribute("role", "alert");
  line.className = "cannot-start";
  line.textContent = "Tablog needs JavaScript modules, which this browser lacks. A newer browser has them.";
  document.body.insertBefore(line, document.body.firstChild);
});
