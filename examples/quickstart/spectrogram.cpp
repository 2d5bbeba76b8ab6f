// SPDX-License-Identifier: LGPL-2.1-or-later

#include "examples/quickstart/spectrogram.h"

#include "models/audio/fft.h"
#include "models/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstring>
#include <png.h>

namespace heart {

namespace {

constexpr int kWidth = 1600;
constexpr int kRows = 220;  // of one spectrogram
constexpr int kBar = 8;     // above each, for the marks
constexpr size_t kFft = 4096;
constexpr double kLowHz = 40;
constexpr double kHighHz = 16000;
constexpr double kFloorDb = -90;

using Pixel = std::array<unsigned char, 3>;

struct Picture {
  int height;
  std::vector<Pixel> pixels;
  explicit Picture(int rows) : height(rows), pixels(size_t(kWidth) * rows, Pixel{255, 255, 255}) {}
  Pixel& at(int x, int y) { return pixels[size_t(y) * kWidth + x]; }
};

/// Black, violet, red, yellow, white: brightness rises all the way, so it also prints.
Pixel colour(double share) {
  static const double kStops[][3] = {{0, 0, 8},      {60, 15, 110},  {180, 40, 95},
                                     {245, 125, 20}, {250, 220, 90}, {255, 255, 240}};
  const double place = std::clamp(share, 0.0, 1.0) * 5;
  const int low = std::min(4, static_cast<int>(place));
  Pixel pixel;
  for (int c = 0; c < 3; ++c) {
    pixel[c] = static_cast<unsigned char>(kStops[low][c] +
                                          (place - low) * (kStops[low + 1][c] - kStops[low][c]));
  }
  return pixel;
}

void draw(Picture& picture, int top, const Sound& sound) {
  const size_t length = length_of(sound.planes);
  RealFft fft(kFft);
  std::vector<double> frame(kFft);
  std::vector<std::complex<double>> spectrum(fft.bins());
  for (int x = 0; x < kWidth; ++x) {
    const double centre = (x + 0.5) / kWidth * length;
    for (size_t i = 0; i < kFft; ++i) {
      const double place = centre + static_cast<double>(i) - kFft / 2.0;
      double sum = 0;
      if (place >= 0 && place < static_cast<double>(length)) {
        for (const auto& plane : sound.planes) sum += plane[static_cast<size_t>(place)];
      }
      const double window = 0.5 - 0.5 * std::cos(2 * M_PI * i / kFft);
      frame[i] = window * sum / std::max<size_t>(1, sound.planes.size());
    }
    fft.forward(frame.data(), spectrum.data());
    for (int y = 0; y < kRows; ++y) {
      // A row shows the loudest bin of its band: narrow tones stay visible at the top.
      const auto hz_at = [&](double row) {
        return kLowHz * std::pow(kHighHz / kLowHz, 1 - row / kRows);
      };
      const double per_hz = static_cast<double>(kFft) / sound.rate_hz;
      const size_t last = std::min(fft.bins() - 1, static_cast<size_t>(hz_at(y) * per_hz + 0.5));
      const size_t first = std::min(last, static_cast<size_t>(hz_at(y + 1) * per_hz + 0.5));
      double peak = 0;
      for (size_t bin = first; bin <= last; ++bin) peak = std::max(peak, std::abs(spectrum[bin]));
      const double level_db = 20 * std::log10(std::max(peak / (kFft / 4.0), 1e-9));
      picture.at(x, top + y) = colour(1 - level_db / kFloorDb);
    }
  }
}

void write_png(const std::string& path, Picture& picture) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = kWidth;
  image.height = picture.height;
  image.format = PNG_FORMAT_RGB;
  if (!png_image_write_to_file(&image, path.c_str(), 0, picture.pixels.data(), 0, nullptr)) {
    throw Error(Fault::kFile, path + ": " + image.message);
  }
}

}  // namespace

void write_spectrograms(const std::string& path, const std::vector<Sound>& sounds,
                        const std::vector<std::pair<double, double>>& spans) {
  Picture picture((kRows + kBar) * static_cast<int>(sounds.size()));
  for (size_t i = 0; i < sounds.size(); ++i) {
    const int top = static_cast<int>(i) * (kRows + kBar);
    draw(picture, top + kBar, sounds[i]);
    const double seconds = static_cast<double>(length_of(sounds[i].planes)) / sounds[i].rate_hz;
    for (const auto& [begin, end] : spans) {
      const int from = std::clamp(static_cast<int>(begin / seconds * kWidth), 0, kWidth - 1);
      const int to = std::clamp(static_cast<int>(end / seconds * kWidth), from, kWidth - 1);
      for (int x = from; x <= to; ++x) {
        for (int y = 1; y < kBar - 1; ++y) picture.at(x, top + y) = Pixel{20, 110, 220};
      }
    }
  }
  write_png(path, picture);
}

}  // namespace heart
