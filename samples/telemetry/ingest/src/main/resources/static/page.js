"use strict";

const state = document.getElementById("state");
const stations = document.getElementById("stations");

function row(id) {
  const existing = document.getElementById(id);
  if (existing) return existing;
  const row = stations.insertRow();
  row.id = id;
  for (const name of ["station", "connected", "readings", "celsius", "taken", "asked"]) {
    row.insertCell().className = name;
  }
  row.querySelector(".station").textContent = id.slice(0, 12);
  row.querySelector(".station").title = id;
  const ask = document.createElement("button");
  ask.textContent = "Ask";
  const answer = document.createElement("output");
  ask.onclick = async () => {
    const response = await fetch(`stations/${id}/current`);
    answer.textContent = response.ok ? ` ${celsius(await response.json())}` : ` ${await response.text()}`;
  };
  row.querySelector(".asked").append(ask, answer);
  return row;
}

const celsius = (reading) => `${reading.celsius.toFixed(1)} °C`;

const events = new EventSource("stations/events");
events.onopen = () => (state.textContent = "live");
// It connects again by itself.
events.onerror = () => (state.textContent = "not connected");
events.onmessage = (event) => {
  for (const station of JSON.parse(event.data)) {
    const cells = row(station.id);
    cells.querySelector(".connected").textContent = station.connected ? "yes" : "no";
    cells.querySelector(".readings").textContent = station.readings;
    cells.querySelector(".celsius").textContent = celsius(station);
    cells.querySelector(".taken").textContent = new Date(station.takenAt).toLocaleTimeString();
  }
};
